"""Findings about labels as a table: audit.parquet."""

from collections.abc import Sequence

import pyarrow as pa

from superanimal_core.datasets.audit import Finding
from superanimal_core.pose.labels import Labels

FINDING_SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("image", pa.string()),
        ("split", pa.string()),
        ("animal", pa.int32()),  # as in unified.parquet
        ("individual", pa.string()),
        ("kind", pa.string()),
        ("keypoints", pa.list_(pa.string())),
        ("severity", pa.float64()),  # comparable within one kind
        ("reason", pa.string()),
    ]
)


def findings_to_table(labels: Labels, findings: Sequence[Finding]) -> pa.Table:
    """One row per finding, in the order of the animals."""
    rows = [
        {
            "dataset": str(labels.source[f.row]),
            "image": str(labels.image[f.row]),
            "split": str(labels.split[f.row]),
            "animal": f.row,
            "individual": str(labels.individual[f.row]),
            "kind": f.kind,
            "keypoints": list(f.keypoints),
            "severity": f.severity,
            "reason": f.reason,
        }
        for f in findings
    ]
    return pa.Table.from_pylist(rows, schema=FINDING_SCHEMA)
