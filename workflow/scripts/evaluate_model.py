"""Measure the errors of a model's members on labels that they have not seen."""

from superanimal_core.evaluation.metrics import evaluate
from superanimal_core.inference.predict import predict_labels
from superanimal_core.jobs.step import study_step
from superanimal_core.media.images import cached_reader
from superanimal_core.models.bundles import read_member_bundles
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import fill_boxes, held_out_labels
from superanimal_core.tables.held_out_files import write_held_out
from superanimal_core.tables.label_files import read_all_labels
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table

with study_step(snakemake) as record:
    device = use_device(snakemake.threads, seed=0)
    labels = held_out_labels(
        fill_boxes(read_all_labels(snakemake.input.unified), snakemake.params.box_margin)
    )
    bundles = read_member_bundles(snakemake.input.members)
    read = cached_reader(snakemake.params.pictures)
    look = {**snakemake.params.inference, "device": device}
    predicted, score = predict_labels(bundles, labels, read, **look)
    errors = evaluate(predicted, score, labels)
    write_parquet(columns_to_table(errors), snakemake.output.evaluation, record)
    write_held_out(predicted, score, labels, snakemake.output.held_out, record)
