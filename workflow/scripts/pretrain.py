"""Train one member of an ensemble on all data sets of its space."""

from superanimal_core.files.bundles import crop_from_mapping, read_initial_weights, write_bundle
from superanimal_core.files.images import cached_reader
from superanimal_core.files.label_files import read_training_labels
from superanimal_core.files.log import Progress
from superanimal_core.files.step import study_step
from superanimal_core.network.bundle import new_bundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.loop import fit

with study_step(snakemake) as record:
    seed = int(snakemake.wildcards.seed)
    device = use_device(snakemake.threads, seed)
    labels = read_training_labels(snakemake.input.unified)
    training = TrainingSettings(**snakemake.params.training)
    network = snakemake.params.network
    bundle = new_bundle(
        labels.space,
        architecture=network["architecture"],
        parameters=network["parameters"],
        crop=crop_from_mapping(network["crop"]),
        trained_on=labels.sources,
        weights=read_initial_weights(snakemake.input.get("weights")),
    )
    history = fit(
        bundle,
        fill_boxes(labels, snakemake.params.box_margin),
        cached_reader(),
        training,
        AugmentSettings(**snakemake.params.augment),
        seed=seed,
        device=device,
        tell=Progress(training.steps, "steps"),
    )
    write_bundle(bundle, snakemake.output.member, record, history)
