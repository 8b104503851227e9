"""Train one member of a model on a lab's own labels, from a member of a pretrained model."""

from functools import partial
from pathlib import Path

from superanimal_core.cluster.launch import run_training, training_threads
from superanimal_core.files.fine_tuning import fine_tune
from superanimal_core.files.member_training import MemberTraining
from superanimal_core.files.step import study_step
from superanimal_core.files.work_folder import remove_work_folders
from superanimal_core.settings import TrainingJobSettings

with study_step(snakemake) as record:
    params = snakemake.params
    jobs = TrainingJobSettings(**snakemake.config["training_jobs"])
    threads = training_threads(jobs, snakemake.threads)
    call = MemberTraining.of_job(snakemake, record, threads, jobs.checkpoint_minutes)
    parent, how = str(snakemake.input.parent), (params.mode, params.inference, params.replay)
    run_training(partial(fine_tune, call, parent, *how), call.work_folder, jobs)
    remove_work_folders(Path(call.member))
