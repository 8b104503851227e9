"""Collect the tables of all videos."""

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.cohort import collect_tables

with study_step(snakemake) as record:
    collect_tables(snakemake.input.quality, dict(snakemake.output.items()), record)
