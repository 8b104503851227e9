"""Measure how far off another program's predictions are, on labels of their frames."""

from superanimal_core.evaluation.metrics import evaluate
from superanimal_core.jobs.step import study_step
from superanimal_core.tables.given_files import predictions_at_labels
from superanimal_core.tables.held_out_files import read_unseen_labels, write_held_out
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table

with study_step(snakemake) as record:
    given, params = snakemake.input, snakemake.params
    labels = read_unseen_labels([], given.evaluated, params.box_margin)
    labels, found, disturbed = predictions_at_labels(labels, given.predicted, params.names)
    errors = evaluate(*found, labels, "label")
    write_parquet(columns_to_table(errors), snakemake.output.evaluation, record)
    write_held_out(found, disturbed, labels, snakemake.output.held_out, record)
