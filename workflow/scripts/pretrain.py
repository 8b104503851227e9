"""Train one member of an ensemble on all data sets of its space."""

from functools import partial
from pathlib import Path

from superanimal_core.cluster.launch import run_training, training_threads
from superanimal_core.files.member_training import MemberTraining, pretrain
from superanimal_core.files.step import study_step
from superanimal_core.files.work_folder import remove_work_folders
from superanimal_core.settings import TrainingJobSettings

with study_step(snakemake) as record:
    jobs = TrainingJobSettings(**snakemake.config["training_jobs"])
    threads = training_threads(jobs, snakemake.threads)
    call = MemberTraining.of_job(snakemake, record, threads, jobs.checkpoint_minutes)
    weights = snakemake.input.get("weights")
    work = partial(pretrain, call, snakemake.params.network, weights)
    run_training(work, call.work_folder, jobs)
    remove_work_folders(Path(call.member))
