"""Draw the poses of a few frames of a video."""

import pyarrow as pa

from superanimal_core.jobs.step import video_step
from superanimal_core.media.stills import read_first_stills, read_stills
from superanimal_core.report.stills import STILLS, frames_to_show, seen_in, still_rows
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_smoothed_and_error
from superanimal_core.tables.video_tables import read_stamps

FIRST = 2000  # frames that are counted where no time stamp tells which is which

with video_step(snakemake) as record:
    params, video = snakemake.params, snakemake.input.video
    seen = seen_in(*read_smoothed_and_error(snakemake.input.poses))
    stamp_s = read_stamps(snakemake.input.frames, params.fps)
    chosen = frames_to_show(seen, FIRST if stamp_s is None else None)
    numbers = sorted({*chosen.values()})
    if stamp_s is None:
        images = read_first_stills(video, numbers)
    else:
        images = read_stills(video, numbers, stamp_s)
    rows = still_rows(seen, chosen, images, params.min_score)
    write_parquet(pa.Table.from_pylist(rows, STILLS), snakemake.output.stills, record)
