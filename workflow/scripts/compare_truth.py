"""Compare each stage of a video with its known truth."""

from superanimal_core.evaluation.truth import truth_table
from superanimal_core.jobs.step import video_step
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import columns_to_table
from superanimal_core.tables.truth_files import compare_video

with video_step(snakemake) as record:
    smoothing = SmoothingSettings(**snakemake.params.smoothing)
    rows = compare_video(**dict(snakemake.input.items()), smoothing=smoothing)
    write_parquet(columns_to_table(truth_table(rows)), snakemake.output.truth, record)
