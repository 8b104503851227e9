"""Adapt one member to several videos together."""

from superanimal_core.jobs.shared_adaptation import adapt_together
from superanimal_core.jobs.step import study_step

with study_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    adapt_together(
        inputs.member,
        [*map(str, inputs.offered)],
        snakemake.output.member,
        record,
        training=params.training,
        augment=params.augment,
        max_minutes=params.max_minutes,
        checkpoint_minutes=snakemake.config["training_jobs"]["checkpoint_minutes"],
        threads=snakemake.threads,
    )
