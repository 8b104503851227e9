"""Smooth an ensemble's predictions of a video."""

from superanimal_core.files.calibration_files import read_calibration
from superanimal_core.files.pose_files import read_member_poses, write_smoothed
from superanimal_core.files.step import video_step
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import predict_error

with video_step(snakemake) as record:
    params = snakemake.params
    members = read_member_poses(snakemake.input.predicted)
    smoothed = SMOOTHERS[params.method](members, **params.smoothing)
    calibration = read_calibration(snakemake.input.calibration)
    expected = predict_error(calibration, smoothed, **params.lone)
    write_smoothed(smoothed, snakemake.output.poses, record, expected)
