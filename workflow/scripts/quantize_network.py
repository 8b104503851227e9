"""Quantize a network, and measure how far that moves its keypoints."""

from superanimal_core.jobs.step import study_step
from superanimal_core.media.images import cached_reader
from superanimal_core.models.quantized_folder import write_quantized

with study_step(snakemake):
    inputs, params = snakemake.input, snakemake.params
    write_quantized(
        inputs.member,
        inputs.labels,
        cached_reader(params.pictures),
        snakemake.output.quantized,
        box_margin=params.box_margin,
        engine=params.engine,
        threads=snakemake.threads,
    )
