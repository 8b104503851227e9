"""quality.json on disk: the account of one video."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from superanimal_core.tables.atomic import replacing


def write_quality(
    account: Mapping[str, object], path: str | Path, record: Mapping[str, object]
) -> None:
    """Write an account as JSON, with what made it."""
    with replacing(path) as temporary:
        document = {**account, "made_by": record}
        temporary.write_text(json.dumps(document, indent=2, default=_plain), encoding="utf-8")


def read_quality(paths: Sequence[str | Path]) -> list[dict[str, Any]]:
    """The accounts of several videos."""
    return [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else str(value)
