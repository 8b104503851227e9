"""Predict the poses of a video with every member of an ensemble."""

from superanimal_core.files.step import pass_failure_on, video_step

pass_failure_on(snakemake)  # before torch is imported

from superanimal_core.files.bundles import read_member_bundles
from superanimal_core.files.pose_files import write_member_poses
from superanimal_core.files.video import read_frames
from superanimal_core.files.video_tables import read_boxes, read_times
from superanimal_core.inference.predict import predict_video
from superanimal_core.network.devices import use_device

with video_step(snakemake) as record:
    boxes = read_boxes(snakemake.input.boxes)
    poses = predict_video(
        read_member_bundles(snakemake.input.members),
        read_frames(snakemake.input.video),
        boxes,
        read_times(snakemake.input.frames),
        device=use_device(snakemake.threads, seed=0),
        **snakemake.params.inference,
    )
    write_member_poses(poses, snakemake.input.members, snakemake.output.predicted, record)
