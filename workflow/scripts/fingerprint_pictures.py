"""Fingerprint the labeled pictures of a data set."""

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.label_files import read_labels
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.picture_files import fingerprint_pictures

with study_step(snakemake) as record:
    labels = read_labels(snakemake.input.unified)
    pictures = fingerprint_pictures(labels, snakemake.params.pictures)
    write_parquet(pictures, snakemake.output.pictures, record)
