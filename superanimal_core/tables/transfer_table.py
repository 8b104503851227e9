"""The transfer table on disk: one row per training, from one file each."""

from collections.abc import Sequence

import pyarrow as pa

from superanimal_core.errors import DatasetError
from superanimal_core.tables.parquet import read_parquet


def read_transfer_table(paths: Sequence[str]) -> pa.Table:
    """All rows as one table. DatasetError when the study has none to make."""
    if not paths:
        raise DatasetError(
            "config/datasets.tsv: the transfer table needs a data set with the role 'evaluate' in "
            "the space of a model that is not fine-tuned; none is there"
        )
    return pa.concat_tables([read_parquet(path) for path in paths])
