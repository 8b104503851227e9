"""Account for every frame of a video."""

from superanimal_core.jobs.step import video_step
from superanimal_core.media.frame_index import index_frames
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.video_tables import frames_record, frames_to_table

with video_step(snakemake) as record:
    frames = index_frames(snakemake.input.video, snakemake.params.fps)
    table = frames_to_table(frames)
    write_parquet(table, snakemake.output.frames, {**record, **frames_record(frames)})
