"""Train a network on some labels of a data set from a certain start, and evaluate it."""

from pathlib import Path

from superanimal_core.datasets.few_shot import few_shot
from superanimal_core.evaluation.transfer_cell import transfer_row
from superanimal_core.jobs.member_training import fit_resumably, taught_by
from superanimal_core.jobs.step import study_step
from superanimal_core.jobs.work_folder import remove_work_folders
from superanimal_core.media.images import cached_reader
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.initial_weights import read_initial_weights
from superanimal_core.models.replayed_labels import held_out_predictions, with_memory
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes
from superanimal_core.tables.label_files import read_training_labels
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table
from superanimal_core.training.starting_weights import ZERO_SHOT, start_from

with study_step(snakemake) as record:
    params, cell, given = snakemake.params, snakemake.wildcards, snakemake.input
    seed, parent = int(cell.seed), read_bundle(given.parent)
    output, read = Path(snakemake.output.row), cached_reader(params.pictures)
    device, margin = use_device(snakemake.threads, seed), params.box_margin
    inference = {**params.inference, "read_image": read, "device": device}
    labels = fill_boxes(read_training_labels([given.unified]), margin)
    labels = few_shot(labels, float(cell.fraction), seed)
    labels = with_memory(labels, parent, cell.mode, inference, params.replay)
    how = {"training": params.training, "augment": params.augment}
    taught, initial = taught_by(labels, **how), read_initial_weights(given.weights)
    bundle = start_from(parent, cell.mode, labels.sources, taught, initial, labels.space)
    how |= {"checkpoint_minutes": snakemake.config["training_jobs"]["checkpoint_minutes"]}
    if cell.mode != ZERO_SHOT:
        fit_resumably(output, bundle, labels, read, record=record, seed=seed, device=device, **how)
    own = held_out_predictions(bundle, labels.space, [given.unified], margin, inference)
    others = held_out_predictions(bundle, parent.space, given.pretrained_on, margin, inference)
    known = parent.is_taught, len(labels), params.min_score, cell
    write_parquet(columns_to_table(transfer_row(own, others, *known)), output, record)
    remove_work_folders(output)
