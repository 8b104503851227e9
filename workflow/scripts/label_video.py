"""Draw the poses of a video into it."""

from superanimal_core.jobs.step import video_step
from superanimal_core.media.video import read_frames
from superanimal_core.report.labeled_video import draw_poses
from superanimal_core.report.video_file import write_video
from superanimal_core.tables.pose_files import read_smoothed_and_error
from superanimal_core.tables.video_tables import read_boxes

with video_step(snakemake) as record:
    smoothed, expected = read_smoothed_and_error(snakemake.input.poses)
    images = draw_poses(
        read_frames(snakemake.input.video),
        smoothed,
        expected,
        read_boxes(snakemake.input.boxes),
        min_score=snakemake.params.min_score,
    )
    write_video(images, snakemake.output.labeled, smoothed.poses.fps)
