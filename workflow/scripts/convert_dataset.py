"""Read a foreign data set; write its labels as one long table."""

from superanimal_core.formats.foreign import extract_frames, name_images, read_foreign
from superanimal_core.jobs.step import study_step
from superanimal_core.tables.label_files import write_labels

with study_step(snakemake) as record:
    dataset, path = snakemake.wildcards.dataset, str(snakemake.input.files)
    frames = str(snakemake.output.frames)
    labels = extract_frames(read_foreign(dataset, path, snakemake.params.format), frames)
    labels = name_images(labels, dataset, path, frames)
    write_labels(labels, snakemake.output.labels, record)
