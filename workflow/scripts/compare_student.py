"""Compare a student with the ensemble that taught it."""

from superanimal_core.evaluation.students import student_table
from superanimal_core.inference.ensemble_smoothing import EnsembleSmoothing
from superanimal_core.jobs.step import study_step
from superanimal_core.models.bundles import read_members
from superanimal_core.models.compared_student import on_frames, on_labels
from superanimal_core.network.devices import use_device
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table

with study_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    inference = {**params.inference, "device": use_device(snakemake.threads, seed=0)}
    smoothing = EnsembleSmoothing(params.method, params.smoothing, params.views, None)
    bundles = [*read_members(inputs.members).values()]
    rows = on_labels(inputs.held_out, inputs.calibrations)
    rows += on_frames(bundles, inputs.watched, smoothing, inference)
    table = columns_to_table(student_table(rows))
    write_parquet(table, snakemake.output.students, record)
