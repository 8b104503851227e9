"""Collect the tables of all videos."""

from superanimal_core.files.cohort import collect_tables
from superanimal_core.files.step import study_step

with study_step(snakemake) as record:
    collect_tables(snakemake.input.quality, dict(snakemake.output.items()), record)
