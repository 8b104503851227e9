"""Measure the strides of every limb in a video."""

from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_summary import summarize_gait
from superanimal_core.files.parquet import write_parquet
from superanimal_core.files.pose_files import read_smoothed
from superanimal_core.files.step import video_step
from superanimal_core.files.tables import columns_to_table

with video_step(snakemake) as record:
    params = snakemake.params
    poses = read_smoothed(snakemake.input.poses)
    strides = measure_strides(poses, **params.feet, **params.gait, cm_per_px=params.cm_per_px)
    gait = summarize_gait(strides, fps=poses.poses.fps)
    write_parquet(columns_to_table(strides), snakemake.output.strides, record)
    write_parquet(columns_to_table(gait), snakemake.output.gait, record)
