"""Compute the feature table of a video, and the bouts of behavior that it shows."""

from superanimal_core.behavior.actions import definitions_from_mapping, predict_bouts
from superanimal_core.behavior.features import frame_features
from superanimal_core.behavior.unknown_features import behavior_flags
from superanimal_core.jobs.step import video_step
from superanimal_core.settings.behavior import AnatomySettings
from superanimal_core.tables.behavior_tables import features_to_table, read_features
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_smoothed
from superanimal_core.tables.schemas import columns_to_table
from superanimal_core.tables.spaces import read_taught

with video_step(snakemake) as record:
    params, output, given = snakemake.params, snakemake.output, snakemake.input.poses
    poses, anatomy = read_smoothed(given), AnatomySettings(**params.anatomy)
    definitions = definitions_from_mapping(params.definitions)
    features = frame_features(
        poses,
        anatomy,
        window_s=params.window_s,
        cm_per_px=params.cm_per_px,
    )
    flags = behavior_flags(poses.poses.space, read_taught(given), anatomy, definitions)
    write_parquet(features_to_table(features), output.features, {**record, "flags": flags})
    bouts = predict_bouts(read_features(output.features), definitions)
    write_parquet(columns_to_table(bouts), output.bouts, record)
