"""Count the labels of each data set by keypoint and state."""

from superanimal_core.files.label_files import read_label_counts
from superanimal_core.files.parquet import write_parquet
from superanimal_core.files.step import study_step

with study_step(snakemake) as record:
    write_parquet(read_label_counts(snakemake.input.unified), snakemake.output.coverage, record)
