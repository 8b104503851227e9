"""Train one member of a model on a lab's own labels, from a member of a pretrained model."""

from superanimal_core.files.bundles import read_bundle, write_bundle
from superanimal_core.files.images import cached_reader
from superanimal_core.files.label_files import read_training_labels
from superanimal_core.files.log import Progress
from superanimal_core.files.step import study_step
from superanimal_core.inference.predict import predict_labels
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.loop import fit
from superanimal_core.training.replay import complete_labels
from superanimal_core.training.transfer import MEMORY_REPLAY, start_from

with study_step(snakemake) as record:
    params, seed = snakemake.params, int(snakemake.wildcards.seed)
    device, read = use_device(snakemake.threads, seed), cached_reader()
    labels = fill_boxes(read_training_labels(snakemake.input.unified), params.box_margin)
    parent = read_bundle(snakemake.input.parent)
    if params.mode == MEMORY_REPLAY:
        xy_px, score = predict_labels([parent], labels, read, **params.inference, device=device)
        labels = complete_labels(labels, xy_px[0], score[0], **params.replay)
    training, augment = TrainingSettings(**params.training), AugmentSettings(**params.augment)
    bundle = start_from(parent, params.mode, labels.sources)
    tell = Progress(training.steps, "steps")
    history = fit(bundle, labels, read, training, augment, seed=seed, device=device, tell=tell)
    write_bundle(bundle, snakemake.output.member, record, history)
