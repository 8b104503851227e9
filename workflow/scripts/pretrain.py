"""Train one member of an ensemble on all data sets of its space."""

from functools import partial

from superanimal_core.jobs.launch import train_member
from superanimal_core.jobs.member_training import pretrain
from superanimal_core.jobs.step import study_step

with study_step(snakemake) as record:
    network, weights = snakemake.params.network, snakemake.input.get("weights")
    train_member(snakemake, record, partial(pretrain, network=network, weights=weights))
