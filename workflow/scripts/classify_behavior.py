"""Find the bouts of behavior in a video."""

from superanimal_core.behavior.actions import definitions_from_mapping, predict_bouts
from superanimal_core.jobs.step import video_step
from superanimal_core.tables.behavior_tables import read_features
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table

with video_step(snakemake) as record:
    features = read_features(snakemake.input.features)
    bouts = predict_bouts(features, definitions_from_mapping(snakemake.params.definitions))
    write_parquet(columns_to_table(bouts), snakemake.output.bouts, record)
