"""Train one member of a model on a lab's own labels, from a member of a pretrained model."""

from functools import partial

from superanimal_core.jobs.fine_tuning import fine_tune
from superanimal_core.jobs.launch import train_member
from superanimal_core.jobs.step import study_step

with study_step(snakemake) as record:
    params = snakemake.params
    train = partial(
        fine_tune,
        parent_folder=str(snakemake.input.parent),
        mode=params.mode,
        inference=params.inference,
        replay=params.replay,
    )
    train_member(snakemake, record, train)
