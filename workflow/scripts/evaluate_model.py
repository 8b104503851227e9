"""Measure the errors of a model's members on labels that they have not seen."""

from dataclasses import replace

from superanimal_core.evaluation.metrics import evaluate, joined
from superanimal_core.inference.labeled import detect_labeled, predict_disturbed, predict_labels
from superanimal_core.jobs.step import study_step
from superanimal_core.media.images import cached_reader
from superanimal_core.media.neighbors import neighbors_in
from superanimal_core.models.bundles import read_detector, read_members
from superanimal_core.network.devices import use_device
from superanimal_core.tables.held_out_files import read_unseen_labels, write_held_out
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table

with study_step(snakemake) as record:
    given, params = snakemake.input, snakemake.params
    read = cached_reader(params.pictures)
    device = use_device(snakemake.threads, seed=0)
    labels = read_unseen_labels(given.trained, given.evaluated, params.box_margin)
    bundles = [*read_members(given.members).values()]
    inference = {**params.inference, "device": device}
    windows = {**inference, "neighbors": neighbors_in(params.pictures)}
    in_own = predict_labels(bundles, labels, read, **windows)
    detector = read_detector(given.detector) if given.detector else None
    detection = {"min_score": params.min_box_score, "batch": inference["batch"], "device": device}
    boxes = detect_labeled(detector, labels, read, **detection)
    found = replace(labels, box_xyxy_px=boxes)
    in_found = predict_labels(bundles, found, read, **windows)
    errors = [evaluate(*in_own, labels, "label"), evaluate(*in_found, labels, "detector")]
    write_parquet(columns_to_table(joined(errors)), snakemake.output.evaluation, record)
    disturbed = predict_disturbed(bundles, found, read, **inference)
    write_held_out(in_found, disturbed, labels, snakemake.output.held_out, record)
