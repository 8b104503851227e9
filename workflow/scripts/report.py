"""Write the report of the study."""

from superanimal_core.jobs.step import study_step
from superanimal_core.report.page import write_page

with study_step(snakemake):
    write_page(
        snakemake.output.page,
        dict(snakemake.input.items()),
        snakemake.params.settings,
        snakemake.params.datasets,
        snakemake.params.pictures,
        snakemake.params.again["snakemake"],
        snakemake.params.mapped,
        snakemake.params.untold,
    )
