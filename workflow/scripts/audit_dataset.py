"""Look for mistakes in the labels of a data set."""

from superanimal_core.datasets.audit import audit_labels
from superanimal_core.jobs.step import study_step
from superanimal_core.tables.audit_files import findings_to_table
from superanimal_core.tables.label_files import read_all_labels, read_labels
from superanimal_core.tables.parquet import write_parquet

with study_step(snakemake) as record:
    labels = read_labels(snakemake.input.unified)
    of_space = read_all_labels(snakemake.input.of_space)
    findings = audit_labels(labels, of_space, **snakemake.params.limits)
    write_parquet(findings_to_table(labels, findings), snakemake.output.audit, record)
