"""Draw the poses of a video into it."""

from superanimal_core.jobs.step import video_step
from superanimal_core.network.ahead import ahead
from superanimal_core.report.film import parts_shown, read_film
from superanimal_core.report.labeled_video import FRAMES_AHEAD, labeled_frames
from superanimal_core.report.video_file import write_timed_video

with video_step(snakemake) as record:
    inputs, params, video = snakemake.input, snakemake.params, snakemake.wildcards.video
    film = read_film(inputs, video, params.labeling, params.fps)
    images = labeled_frames(film, parts_shown(film, video))
    write_timed_video(ahead(images, FRAMES_AHEAD), snakemake.output.labeled, film.fps)
