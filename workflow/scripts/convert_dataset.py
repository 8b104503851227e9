"""Read a foreign data set; write its labels as one long table."""

from superanimal_core.formats.foreign import extract_frames, read_foreign
from superanimal_core.jobs.step import study_step
from superanimal_core.tables.label_files import write_labels

with study_step(snakemake) as record:
    labels = read_foreign(
        snakemake.wildcards.dataset, str(snakemake.input[0]), snakemake.params.format
    )
    labels = extract_frames(labels, snakemake.output.frames)
    write_labels(labels, snakemake.output.labels, record)
