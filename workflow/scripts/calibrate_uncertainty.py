"""Calibrate the uncertainty of a model's poses on labels that its networks have not seen."""

from superanimal_core.jobs.step import study_step
from superanimal_core.settings.smoothing import METHODS
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import calibrate_on_images
from superanimal_core.tables.calibration_files import write_calibration
from superanimal_core.tables.held_out_files import read_held_out

with study_step(snakemake) as record:
    params = snakemake.params
    settings = METHODS[params.method](**params.smoothing)
    held_out = read_held_out(snakemake.input.held_out)
    smoothed = SMOOTHERS[params.method](held_out.members, settings)
    calibration, reliability = calibrate_on_images(
        smoothed, held_out.label_xy_px, held_out.group, **params.lone
    )
    write_calibration(calibration, reliability, snakemake.output.calibration, record)
