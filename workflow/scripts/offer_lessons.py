"""Write what a video teaches to the networks that it shares with others."""

from superanimal_core.inference.lessons import Knowledge
from superanimal_core.inference.teaching_frames import alike
from superanimal_core.jobs.step import pass_failure_on, video_step
from superanimal_core.models.offering_video import OfferingVideo
from superanimal_core.tables.calibration_files import read_calibration
from superanimal_core.tables.pose_files import read_named_poses
from superanimal_core.tables.spaces import read_taught
from superanimal_core.tables.video_tables import read_boxes, read_frame_size

pass_failure_on(snakemake)
with video_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    boxes, looks = read_boxes(inputs.boxes), alike
    if inputs.seer:
        from superanimal_core.models.video_looks import looks_of_member

        look = params.inference, snakemake.threads
        looks = looks_of_member(inputs.seer[0], inputs.video, boxes, *look)
    calibration = read_calibration(inputs.calibration[0]) if inputs.calibration else None
    video = OfferingVideo(
        snakemake.wildcards.video,
        inputs.video,
        read_frame_size(inputs.frames),
        boxes,
        read_named_poses(inputs.predicted),
        read_taught(inputs.predicted),
        params.held_out_fraction,
        params.select,
        looks,
    )
    video.write(
        snakemake.output.offered,
        params.when,
        params.teacher,
        Knowledge(calibration, params.smoothing),
        record,
        min_score=params.min_score,
    )
