"""Adapt each member to a video; where held-out frames speak for it, it sees the video again."""

from superanimal_core.jobs.step import pass_failure_on, video_step

pass_failure_on(snakemake)  # before torch is imported

from superanimal_core.jobs.video_adaptation import VideoAdaptation
from superanimal_core.models.adaptation import Adaptation
from superanimal_core.settings import AugmentSettings
from superanimal_core.tables.stand_ins import of_who_saw, student_record
from superanimal_core.tables.video_tables import read_boxes, read_frame_size, read_times

with video_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    members = of_who_saw(inputs.predicted, [*inputs.members, *inputs.teachers])
    adaptation = Adaptation(
        video=inputs.video,
        size_px=read_frame_size(inputs.frames),
        boxes_xyxy_px=read_boxes(inputs.boxes),
        held_out_fraction=params.held_out_fraction,
        select=params.select,
        judge=params.judge,
        training=params.training,
        augment=AugmentSettings.of_params(params.augment),
        inference=params.inference,
    )
    VideoAdaptation(
        adaptation,
        inputs.predicted,
        read_times(inputs.frames),
        chunk_frames=snakemake.config["inference"]["chunk_frames"],
        threads=snakemake.threads,
        record={**record, **student_record(inputs.predicted)},
    ).write(members, snakemake.output.adapted)
