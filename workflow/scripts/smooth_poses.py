"""Smooth an ensemble's predictions of a video."""

from superanimal_core.files.pose_files import read_member_poses, write_smoothed
from superanimal_core.files.step import video_step
from superanimal_core.smoothing.baselines import SMOOTHERS

with video_step(snakemake) as record:
    members = read_member_poses(snakemake.input.predicted)
    smoothed = SMOOTHERS[snakemake.params.method](members, **snakemake.params.smoothing)
    write_smoothed(smoothed, snakemake.output.poses, record)
