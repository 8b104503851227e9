"""Join the cells of the transfer table, and draw it."""

from superanimal_core.jobs.step import study_step
from superanimal_core.report.transfer_section import write_transfer_plots
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.transfer_table import read_transfer_table

with study_step(snakemake) as record:
    table = read_transfer_table(snakemake.input.rows)
    write_parquet(table, snakemake.output.table, record)
    write_transfer_plots(table.to_pylist(), snakemake.output.plots)
