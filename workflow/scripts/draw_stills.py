"""Draw the poses of a few frames of a video."""

import pyarrow as pa

from superanimal_core.jobs.step import video_step
from superanimal_core.media.stills import read_first_stills, read_stills
from superanimal_core.report.stills import STILLS, frames_to_show, seen_in, still_rows
from superanimal_core.tables.parquet import read_parquet, write_parquet
from superanimal_core.tables.pose_files import read_smoothed_and_error

FIRST = 2000  # frames that are counted where no time stamp tells which is which

with video_step(snakemake) as record:
    params, video = snakemake.params, snakemake.input.video
    seen = seen_in(*read_smoothed_and_error(snakemake.input.poses))
    frames = read_parquet(snakemake.input.frames)
    is_told = params.fps is None and not frames["is_estimated_time"].to_numpy().any()
    is_told &= frames["is_decoded"][0].as_py()
    chosen = frames_to_show(seen, None if is_told else FIRST)
    numbers = sorted({*chosen.values()})
    if is_told:
        images = read_stills(video, numbers, frames["time_s"].to_numpy())
    else:
        images = read_first_stills(video, numbers)
    rows = still_rows(seen, chosen, images, params.min_score)
    write_parquet(pa.Table.from_pylist(rows, STILLS), snakemake.output.stills, record)
