"""Fetch a released checkpoint and check its hash."""

from superanimal_core.jobs.step import study_step
from superanimal_core.models.downloads import fetch_weights
from superanimal_core.study.study_rows import ReleasedRow

with study_step(snakemake):
    fetch_weights(ReleasedRow(**snakemake.params.released), snakemake.output.weights)
