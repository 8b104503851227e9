"""Train the detector of a model on the boxes of its data sets."""

from pathlib import Path

from superanimal_core.jobs.log import Progress
from superanimal_core.jobs.step import study_step
from superanimal_core.jobs.training_checkpoints import checkpoints_of
from superanimal_core.jobs.work_folder import remove_work_folders
from superanimal_core.media.images import cached_reader
from superanimal_core.models.initial_weights import read_initial_weights, terms_of_weights
from superanimal_core.models.new_bundles import write_detector
from superanimal_core.network.detector import new_detector
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes
from superanimal_core.settings import AugmentSettings
from superanimal_core.tables.label_files import read_training_labels
from superanimal_core.training.detector_loop import fit_detector

with study_step(snakemake) as record:
    params, start = snakemake.params, snakemake.input.get("weights")
    device = use_device(snakemake.threads, seed=0)
    labels = fill_boxes(read_training_labels(snakemake.input.unified), params.box_margin)
    model = params.model
    detector = new_detector(
        model["backbone"],
        model["detector_size_px"],
        tuple(model["mean"]),
        tuple(model["std"]),
        labels.sources,
        read_initial_weights(start),
        terms_of_weights(start),
    )
    how = {**params.detector, "seed": 0, "device": device}
    how["tell"] = Progress(params.detector["steps"], "steps")
    output, augment = Path(snakemake.output.detector), AugmentSettings.of_params(params.augment)
    minutes = snakemake.config["training_jobs"]["checkpoint_minutes"]
    with checkpoints_of(output, record, minutes) as how["checkpoints"]:
        history = fit_detector(detector, labels, cached_reader(params.pictures), augment, **how)
    write_detector(detector, output, record, history)
    remove_work_folders(output)
