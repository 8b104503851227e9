"""Write the poses of a video for another program."""

from superanimal_core.formats.exports.from_tables import export_video
from superanimal_core.jobs.step import video_step
from superanimal_core.tables.atomic import replacing

with video_step(snakemake), replacing(snakemake.output.exported) as folder:
    folder.mkdir()
    export_video(
        snakemake.input.poses,
        folder,
        snakemake.wildcards.format,
        video=snakemake.wildcards.video,
        **{name: snakemake.params[name] for name in ("file", "noise_px2")},
    )
