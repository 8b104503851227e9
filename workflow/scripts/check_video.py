"""Give the account of one video."""

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.accounts import write_quality
from superanimal_core.tables.quality import assess_video

with study_step(snakemake) as record:
    account = assess_video(
        snakemake.wildcards.video,
        snakemake.params.file,
        snakemake.params.columns,
        dict(snakemake.input.items()),
        **snakemake.params.quality,
    )
    write_quality(account, snakemake.output.quality, record)
