"""Train one member of an ensemble on all data sets of its space."""

from functools import partial
from pathlib import Path

from superanimal_core.cluster.launch import run_training, training_threads
from superanimal_core.files.pretraining import pretrain_member, remove_checkpoints
from superanimal_core.files.step import study_step
from superanimal_core.files.work_folder import work_folder
from superanimal_core.settings import TrainingJobSettings

with study_step(snakemake) as record:
    jobs = TrainingJobSettings(**snakemake.config["training_jobs"])
    member = Path(snakemake.output.member)
    work = partial(
        pretrain_member,
        member,
        record,
        unified=list(snakemake.input.unified),
        weights=snakemake.input.get("weights"),
        network=snakemake.params.network,
        training=snakemake.params.training,
        augment=snakemake.params.augment,
        box_margin=snakemake.params.box_margin,
        seed=int(snakemake.wildcards.seed),
        threads=training_threads(jobs, snakemake.threads),
        checkpoint_minutes=jobs.checkpoint_minutes,
    )
    run_training(work, work_folder(member, record), jobs)
    remove_checkpoints(member)
