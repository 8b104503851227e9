"""Write what an ensemble says of some stretches of a video, and what of it may be taught."""

from superanimal_core.inference.ensemble_smoothing import EnsembleSmoothing
from superanimal_core.inference.watching import Watching
from superanimal_core.jobs.step import video_step
from superanimal_core.models.bundles import read_detector, read_members
from superanimal_core.models.watched_folder import write_watched
from superanimal_core.models.watched_video import stretches_of
from superanimal_core.network.devices import use_device
from superanimal_core.tables.calibration_files import read_calibration

with video_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    inference = {**params.inference, "device": use_device(snakemake.threads, seed=0)}
    members = read_members(inputs.members)
    detector = read_detector(inputs.detector) if inputs.detector else None
    watching = Watching([*members.values()], detector, params.detection, inference)
    calibration = read_calibration(inputs.calibration[0]) if inputs.calibration else None
    smoothing = EnsembleSmoothing(params.method, params.smoothing, params.views, calibration)
    write_watched(
        stretches_of(inputs.video, watching, smoothing, **params.stretches),
        snakemake.output.watched,
        [*members],
        snakemake.wildcards.video,
        params.stretches["neighbors"],
        params.limits,
        record,
    )
