"""Compare groups of animals by gait and behavior."""

from superanimal_core.jobs.group_comparing import compare_and_write
from superanimal_core.jobs.step import study_step

with study_step(snakemake) as record:
    given = snakemake.input
    compare_and_write(
        dict(given.items()),
        list(zip(given.classified, given.sums, strict=True)),
        snakemake.params.untold,
        snakemake.params.groups,
        snakemake.output.groups,
        record,
    )
