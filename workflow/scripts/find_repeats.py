"""Find the pictures that stand twice among all data sets."""

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.picture_files import find_repeats

with study_step(snakemake) as record:
    params = snakemake.params
    repeats = find_repeats(snakemake.input.pictures, params.max_difference, params.evaluated)
    write_parquet(repeats, snakemake.output.repeats, record)
