"""Bring a data set into the unified keypoint space and divide it into training and test."""

from superanimal_core.datasets.split import SPLITS
from superanimal_core.datasets.unify import conversion_from_rows, unify_labels
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.project_conversion import read_conversion
from superanimal_core.jobs.step import study_step
from superanimal_core.tables.label_files import read_labels, write_labels

with study_step(snakemake) as record:
    labels = read_labels(snakemake.input.labels)
    table = str(snakemake.input.conversion)
    space = read_keypoint_space(*snakemake.input.space)
    conversion = conversion_from_rows(
        read_conversion(table, space.name, labels.space.keypoints), labels.space, space, table
    )
    settings = snakemake.params.labels
    divided = SPLITS[settings["split"]](
        unify_labels(labels, conversion, space), settings["test_fraction"], settings["split_seed"]
    )
    write_labels(divided, snakemake.output.unified, {**record, "dropped": conversion.dropped})
