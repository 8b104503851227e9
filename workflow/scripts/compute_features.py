"""Compute the feature table of a video."""

from superanimal_core.behavior.features import frame_features
from superanimal_core.jobs.step import video_step
from superanimal_core.settings.behavior import AnatomySettings
from superanimal_core.tables.behavior_tables import features_to_table
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_smoothed

with video_step(snakemake) as record:
    params = snakemake.params
    features = frame_features(
        read_smoothed(snakemake.input.poses),
        AnatomySettings(**params.anatomy),
        window_s=params.window_s,
        cm_per_px=params.cm_per_px,
    )
    write_parquet(features_to_table(features), snakemake.output.features, record)
