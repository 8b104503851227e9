"""Write down which videos networks learn from together: a list that stands."""

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.video_lists import write_list

with study_step(snakemake):
    write_list(snakemake.params.listed, snakemake.output.videos)
