"""Find learned behaviors in the features of a video."""

from superanimal_core.jobs.step import video_step
from superanimal_core.tables.behavior_tables import read_features
from superanimal_core.tables.classified_tables import classified_tables
from superanimal_core.tables.classifier_files import read_classifier
from superanimal_core.tables.parquet import write_parquet

with video_step(snakemake) as record:
    given, output = snakemake.input, snakemake.output
    classifier, features = read_classifier(given.classifier), read_features(given.features)
    probabilities, bouts = classified_tables(classifier, features)
    write_parquet(probabilities, output.probabilities, record)
    write_parquet(bouts, output.bouts, record)
