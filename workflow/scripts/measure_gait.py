"""Measure the strides of every limb in a video, and how sure they are."""

from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_flags import gait_flags
from superanimal_core.behavior.gait_intervals import (
    gait_intervals,
    stride_intervals,
    strides_of_draws,
)
from superanimal_core.behavior.gait_summary import summarize_gait
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.behavior.untaught import gait_remarks
from superanimal_core.behavior.walk_intervals import walk_intervals
from superanimal_core.behavior.walk_table import summarize_walks
from superanimal_core.jobs.step import video_step
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.settings.smoothing import DrawSettings
from superanimal_core.smoothing.sampling import sample_poses
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_smoothed_and_error
from superanimal_core.tables.schemas import columns_to_table
from superanimal_core.tables.spaces import read_taught

with video_step(snakemake) as record:
    params, output = snakemake.params, snakemake.output
    settings = StrideSettings(**params.gait)
    poses, expected = read_smoothed_and_error(snakemake.input.poses)
    strides = measure_strides(unsmoothed(poses), settings)
    summary, walks = summarize_gait(strides, fps=poses.poses.fps), summarize_walks(strides)
    draws = sample_poses(poses, expected, DrawSettings(**params.draws), sharpen=True)
    drawn = strides_of_draws(draws, settings)
    of_strides, of_limbs = stride_intervals(strides, drawn), gait_intervals(summary, drawn)
    write_parquet(columns_to_table(strides, of_strides), output.strides, record)
    write_parquet(columns_to_table(walks, walk_intervals(walks, drawn)), output.walks, record)
    taught = read_taught(snakemake.input.poses)
    remarks = gait_remarks(poses.poses.space, taught, settings.limbs, settings.body)
    record |= {"flags": gait_flags(poses, expected, settings), "remarks": remarks}
    write_parquet(columns_to_table(summary, of_limbs), output.gait, record)
