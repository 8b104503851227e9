"""Find the animals of a video and predict their poses with every member of an ensemble."""

from superanimal_core.jobs.step import pass_failure_on, video_step

pass_failure_on(snakemake)  # before torch is imported

from superanimal_core.inference.detect import whole_frames
from superanimal_core.inference.detect_where_needed import detected_boxes
from superanimal_core.inference.predict import Redetection
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.models.bundles import read_detector
from superanimal_core.models.who_sees import SEERS
from superanimal_core.network.devices import use_device
from superanimal_core.tables.video_tables import read_frame_size, read_times

with video_step(snakemake) as record:
    inputs, output, params = snakemake.input, snakemake.output, snakemake.params
    device, time_s = use_device(snakemake.threads, seed=0), read_times(inputs.frames)
    detector = read_detector(inputs.detector) if inputs.detector else None
    inference, redetection = {**params.inference, "device": device}, None
    looks = {"detector": detector, "detection": params.detector, "inference": inference}
    see, who = SEERS[params.seers], (inputs.video, inputs.members, inputs.teachers)
    bundles, told = see(*who, params.probe, **looks, calibrations=inputs.trust)
    told |= record
    source = whole_frames(len(time_s), *read_frame_size(inputs.frames))
    if detector:
        how = {"device": device, "precision": inference["precision"]}
        source = detected_boxes(detector, time_s, **how, **params.detector)
        redetection = Redetection(source.detect_again) if params.redetect else None
    VideoPrediction(
        bundles,
        inputs.video,
        time_s,
        source,
        redetection,
        snakemake.config["inference"]["chunk_frames"],
        inference,
    ).write(output.predicted, dict.fromkeys(bundles, told), boxes=output.boxes)
