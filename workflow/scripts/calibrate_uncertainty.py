"""Calibrate the uncertainty of a model's poses on labels that its networks have not seen."""

from superanimal_core.jobs.step import study_step
from superanimal_core.settings.smoothing import METHODS
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import fit_calibration
from superanimal_core.smoothing.calibration_check import check_calibration
from superanimal_core.smoothing.held_out_error import held_out_error
from superanimal_core.smoothing.labeled_errors import errors_at_labels
from superanimal_core.tables.calibration_files import write_calibration
from superanimal_core.tables.held_out_files import read_held_out

with study_step(snakemake) as record:
    params = snakemake.params
    settings = METHODS[params.method](**params.smoothing)
    held_out = read_held_out(snakemake.input.held_out)
    smoothed = SMOOTHERS[params.method](held_out.members, settings)
    errors = errors_at_labels(smoothed, held_out.animals)
    record |= held_out_error(smoothed, held_out.animals)
    calibration, check = fit_calibration(errors), check_calibration(errors)
    write_calibration(calibration, check, snakemake.output.calibration, record)
