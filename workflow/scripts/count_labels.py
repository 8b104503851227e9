"""Count the labels of each data set by keypoint and state."""

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.label_counts import read_label_counts
from superanimal_core.tables.parquet import write_parquet

with study_step(snakemake) as record:
    write_parquet(read_label_counts(snakemake.input.unified), snakemake.output.coverage, record)
