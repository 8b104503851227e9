"""Learn behaviors from the features of labeled videos and what people marked in them."""

from superanimal_core.jobs.behavior_training import train_and_write
from superanimal_core.jobs.step import study_step

with study_step(snakemake) as record:
    given, params = snakemake.input, snakemake.params
    train_and_write(
        list(given.features),
        list(given.labels),
        params.rows,
        params.animals,
        params.settings,
        snakemake.output.classifier,
        record,
    )
