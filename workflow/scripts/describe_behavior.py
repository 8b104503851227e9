"""Compute the feature table of a video, and the bouts of behavior that it shows."""

from superanimal_core.behavior.actions import definitions_from_mapping, predict_bouts
from superanimal_core.behavior.arena import arena_from_mapping
from superanimal_core.behavior.bout_intervals import (
    bout_intervals,
    bouts_of_draws,
    keypoints_of_behaviors,
)
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.unknown_features import behavior_remarks
from superanimal_core.jobs.step import video_step
from superanimal_core.settings.behavior import AnatomySettings
from superanimal_core.settings.smoothing import DrawSettings
from superanimal_core.smoothing.sampling import sample_poses
from superanimal_core.tables.behavior_tables import features_to_table, read_features
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_smoothed_and_error
from superanimal_core.tables.schemas import columns_to_table
from superanimal_core.tables.spaces import read_taught

with video_step(snakemake) as record:
    given, params, output = snakemake.input, snakemake.params, snakemake.output
    poses, expected = read_smoothed_and_error(given.poses)
    anatomy = AnatomySettings(**params.anatomy)
    arena = arena_from_mapping(params.arena)
    how = {"window_s": params.window_s, "cm_per_px": params.cm_per_px, "arena": arena}
    features = frame_features(poses.poses, expected, anatomy, groups=params.groups, **how)
    definitions = definitions_from_mapping(params.definitions)
    taught = read_taught(given.poses)
    remarks = behavior_remarks(poses.poses.space, taught, anatomy, definitions)
    write_parquet(features_to_table(features), output.features, {**record, "remarks": remarks})
    bouts = predict_bouts(read_features(output.features), definitions)
    names = keypoints_of_behaviors(definitions, anatomy, poses.poses.space)
    some, errors = poses.of_keypoints(names), expected.of_keypoints(poses.poses.space, names)
    chosen = DrawSettings(keypoints=names, **params.draws)
    draws = sample_poses(some, errors, chosen, sharpen=False)
    drawn = bouts_of_draws(draws, errors, definitions, anatomy, **how)
    intervals = bout_intervals(bouts, drawn)
    write_parquet(columns_to_table(bouts, intervals), output.bouts, record)
