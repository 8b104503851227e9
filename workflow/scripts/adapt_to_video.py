"""Adapt each member to a video; where held-out frames speak for it, it sees the video again."""

from superanimal_core.inference.lessons import Knowledge
from superanimal_core.jobs.step import pass_failure_on, video_step
from superanimal_core.jobs.unneeded_adaptation import pass_by
from superanimal_core.tables.calibration_files import read_calibration
from superanimal_core.tables.stand_ins import of_who_saw, student_record

pass_failure_on(snakemake)  # before torch is imported


with video_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    record = {**record, **student_record(inputs.predicted)}
    calibrations = of_who_saw(inputs.predicted, list(inputs.calibration))
    calibration = read_calibration(calibrations[0]) if calibrations else None
    look = params.when, inputs.predicted, snakemake.output.adapted, record, calibration
    if not pass_by(*look, inputs.networks, min_score=params.min_score):
        from superanimal_core.jobs.video_adaptation import adapt_video

        adapt_video(snakemake, record, Knowledge(calibration, params.smoothing))
