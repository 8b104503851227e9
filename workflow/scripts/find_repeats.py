"""Find the pictures that stand twice among all data sets."""

from superanimal_core.files.audit_files import find_repeats
from superanimal_core.files.parquet import write_parquet
from superanimal_core.files.step import study_step

with study_step(snakemake) as record:
    repeats = find_repeats(snakemake.input.pictures, snakemake.params.max_difference)
    write_parquet(repeats, snakemake.output.repeats, record)
