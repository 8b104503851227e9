"""Train a student on the labels of people and on what its teacher's ensemble says of videos."""

from functools import partial

from superanimal_core.jobs.distilling import distill
from superanimal_core.jobs.launch import train_member
from superanimal_core.jobs.step import study_step

with study_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    train = partial(
        distill,
        network=params.network,
        weights=inputs.get("weights"),
        teachers=[*map(str, inputs.teachers)],
        lessons=str(inputs.lessons),
        watched=[*map(str, inputs.watched)],
        taught_share=params.taught_share,
        inference=params.inference,
        replay=params.replay,
    )
    train_member(snakemake, record, train)
