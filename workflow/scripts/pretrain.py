"""Train one member of an ensemble on all data sets of its space."""

from superanimal_core.cluster.launch import train_member
from superanimal_core.files.member_training import pretrain
from superanimal_core.files.step import study_step

with study_step(snakemake) as record:
    how = (snakemake.params.network, snakemake.input.get("weights"))
    train_member(snakemake, record, pretrain, *how)
