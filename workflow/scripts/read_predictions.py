"""Read what another program predicted of a video."""

from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.given_predictions import read_given
from superanimal_core.formats.sheets import read_conversion_rows
from superanimal_core.jobs.step import video_step
from superanimal_core.tables.given_files import write_given
from superanimal_core.tables.video_tables import read_times

with video_step(snakemake) as record:
    given, params, output = snakemake.input, snakemake.params, snakemake.output
    space = read_keypoint_space(*given.space)
    rows = read_conversion_rows(given.conversion) if given.conversion else None
    time_s = read_times(given.frames)
    found = read_given(given.files, params.format, params.stem, space, rows, time_s)
    write_given(found.members, found.taught, found.flags, output.predicted, output.boxes, record)
