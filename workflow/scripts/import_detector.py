"""Make one of our bundles from the weights of a detector."""

from superanimal_core.jobs.step import study_step
from superanimal_core.models.foreign_models import read_detector_model
from superanimal_core.models.new_bundles import write_detector
from superanimal_core.training.history import History

with study_step(snakemake) as record:
    detector = read_detector_model(snakemake.input.weights, snakemake.params.normalize_twice)
    write_detector(detector, snakemake.output.detector, record, History())
