"""Join the cells of the transfer table, and draw it."""

from superanimal_core.files.parquet import write_parquet
from superanimal_core.files.step import study_step
from superanimal_core.files.transfer_files import read_transfer_rows
from superanimal_core.report.transfer import write_transfer_plots

with study_step(snakemake) as record:
    table = read_transfer_rows(snakemake.input.rows)
    write_parquet(table, snakemake.output.table, record)
    write_transfer_plots(table.to_pylist(), snakemake.output.plots)
