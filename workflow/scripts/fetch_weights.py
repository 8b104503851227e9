"""Fetch a released checkpoint and check its hash."""

from superanimal_core.files.downloads import fetch_weights
from superanimal_core.files.step import study_step
from superanimal_core.files.study_rows import ReleasedRow

with study_step(snakemake):
    fetch_weights(ReleasedRow(**snakemake.params.released), snakemake.output.weights)
