"""Propose a conversion table from the names and from a model's predictions on the labels."""

from superanimal_core.datasets.match_keypoints import propose_conversion
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.jobs.step import study_step
from superanimal_core.media.images import cached_reader
from superanimal_core.models.bundles import read_members
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes, some_labels
from superanimal_core.report.confusion import write_proposal
from superanimal_core.tables.label_files import read_labels

with study_step(snakemake) as record:
    params = snakemake.params
    device = use_device(snakemake.threads, seed=0)
    labels = fill_boxes(read_labels(snakemake.input.labels), params.box_margin)
    labels = some_labels(labels, params.animals)
    bundles = [*read_members(snakemake.input.members).values()]
    predicted, score = predict_labels(
        bundles, labels, cached_reader(snakemake.params.pictures), **params.inference, device=device
    )
    matching = propose_conversion(labels, bundles[0].space, predicted, score, **params.limits)
    write_proposal(matching, bundles[0].space, snakemake.output.table, snakemake.output.picture)
