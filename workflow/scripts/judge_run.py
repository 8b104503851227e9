"""Fail when more videos failed than the study allows."""

from superanimal_core.jobs.outcome import judge_run
from superanimal_core.jobs.step import study_step

with study_step(snakemake):
    judge_run(
        snakemake.input.quality,
        snakemake.input.page,
        snakemake.output.verdict,
        snakemake.params.max_failed_fraction,
    )
