"""Fingerprint the labeled pictures of a data set."""

from superanimal_core.files.audit_files import fingerprint_pictures
from superanimal_core.files.label_files import read_labels
from superanimal_core.files.parquet import write_parquet
from superanimal_core.files.step import study_step

with study_step(snakemake) as record:
    pictures = fingerprint_pictures(read_labels(snakemake.input.unified))
    write_parquet(pictures, snakemake.output.pictures, record)
