"""Find the animals of a video."""

from superanimal_core.jobs.step import pass_failure_on, video_step

pass_failure_on(snakemake)  # before torch is imported

from superanimal_core.inference.detect import detect_animals, whole_frames
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_detector
from superanimal_core.network.devices import use_device
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.video_tables import boxes_to_table, read_frame_size, read_times

with video_step(snakemake) as record:
    time_s = read_times(snakemake.input.frames)
    if snakemake.input.detector:
        boxes, scores = detect_animals(
            read_detector(snakemake.input.detector),
            read_frames(snakemake.input.video),
            time_s,
            max_individuals=snakemake.params.max_individuals,
            batch=snakemake.params.batch,
            device=use_device(snakemake.threads, seed=0),
            **snakemake.params.detector,
        )
    else:
        boxes, scores = whole_frames(len(time_s), *read_frame_size(snakemake.input.frames))
    write_parquet(boxes_to_table(boxes, scores, time_s), snakemake.output.boxes, record)
