"""Collect what a classifier found in all videos."""

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.classified_tables import collect_classified

with study_step(snakemake) as record:
    given = snakemake.input
    behaviors = snakemake.params.settings["behaviors"]
    outputs = dict(snakemake.output.items())
    collect_classified(list(given.accounts), list(given.bouts), behaviors, outputs, record)
