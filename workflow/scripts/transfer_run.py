"""Train a network on some labels of a data set from a certain start, and evaluate it."""

from superanimal_core.datasets.few_shot import few_shot
from superanimal_core.evaluation.transfer import transfer_row
from superanimal_core.files.bundles import read_bundle, read_initial_weights
from superanimal_core.files.images import cached_reader
from superanimal_core.files.label_files import read_all_labels, read_training_labels
from superanimal_core.files.log import Progress
from superanimal_core.files.parquet import write_parquet
from superanimal_core.files.step import study_step
from superanimal_core.files.tables import columns_to_table
from superanimal_core.inference.predict import predict_labels
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes, held_out_labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.loop import fit
from superanimal_core.training.replay import complete_labels
from superanimal_core.training.transfer import MEMORY_REPLAY, ZERO_SHOT, start_from

with study_step(snakemake) as record:
    params, cell, given = snakemake.params, snakemake.wildcards, snakemake.input
    fraction, seed = float(cell.fraction), int(cell.seed)
    device, read, own = use_device(snakemake.threads, seed), cached_reader(), [given.unified]
    labels = few_shot(fill_boxes(read_training_labels(own), params.box_margin), fraction, seed)
    parent, look = read_bundle(given.parent), {**params.inference, "device": device}
    if cell.mode == MEMORY_REPLAY:
        xy_px, score = predict_labels([parent], labels, read, **look)
        labels = complete_labels(labels, xy_px[0], score[0], **params.replay)
    bundle = start_from(parent, cell.mode, labels.sources, read_initial_weights(given.weights))
    training, augment = TrainingSettings(**params.training), AugmentSettings(**params.augment)
    how = {"seed": seed, "device": device, "tell": Progress(training.steps, "steps")}
    if cell.mode != ZERO_SHOT:
        fit(bundle, labels, read, training, augment, **how)
    every = fill_boxes(read_all_labels([*own, *given.pretrained_on]), params.box_margin)
    held = held_out_labels(every)
    xy_px, score = predict_labels([bundle], held, read, **look)
    row = transfer_row(
        xy_px[0], score[0], held, len(labels), params.min_score, **dict(cell.items())
    )
    write_parquet(columns_to_table(row), snakemake.output.row, record)
