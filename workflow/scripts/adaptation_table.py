"""Join what adaptation did to the videos whose truth is known."""

from itertools import starmap

from superanimal_core.jobs.step import study_step
from superanimal_core.tables.adaptation_table import Sharing, read_adaptation_table
from superanimal_core.tables.parquet import write_parquet

with study_step(snakemake) as record:
    inputs = snakemake.input
    table = read_adaptation_table(
        inputs.predicted,
        inputs.adapted,
        inputs.truth,
        [*starmap(Sharing, snakemake.params.sharing)],
        min_score=snakemake.params.min_score,
    )
    write_parquet(table, snakemake.output.table, record)
