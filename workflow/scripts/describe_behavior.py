"""Compute the feature table of a video, and the bouts of behavior that it shows."""

from superanimal_core.behavior.actions import definitions_from_mapping, predict_bouts
from superanimal_core.behavior.features import frame_features
from superanimal_core.jobs.step import video_step
from superanimal_core.settings.behavior import AnatomySettings
from superanimal_core.tables.behavior_tables import features_to_table, read_features
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_smoothed
from superanimal_core.tables.schemas import columns_to_table

with video_step(snakemake) as record:
    params, output = snakemake.params, snakemake.output
    features = frame_features(
        read_smoothed(snakemake.input.poses),
        AnatomySettings(**params.anatomy),
        window_s=params.window_s,
        cm_per_px=params.cm_per_px,
    )
    write_parquet(features_to_table(features), output.features, record)
    written, definitions = read_features(output.features), params.definitions
    bouts = predict_bouts(written, definitions_from_mapping(definitions))
    write_parquet(columns_to_table(bouts), output.bouts, record)
