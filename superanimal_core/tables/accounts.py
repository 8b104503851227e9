"""quality.json on disk: the account of one video."""

import json
import math
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
        document = _plain({**account, "made_by": record})
        text = json.dumps(document, indent=2, default=str, allow_nan=False)
        temporary.write_text(text, encoding="utf-8")


def read_quality(paths: Sequence[str | Path]) -> list[dict[str, Any]]:
    """The accounts of several videos."""
    return [account_in(Path(path).read_text(encoding="utf-8")) for path in paths]


def account_in(text: str | bytes) -> Any:
    """The account that a quality.json holds; figures that are not known are NaN."""
    account = json.loads(text)
    for figures in (account.get("figures", {}), *account.get("adaptation", [])):
        figures |= {figure: float("nan") for figure, value in figures.items() if value is None}
    return account


def _plain(value: object) -> object:
    """JSON has no word for NaN, and programs but Python's refuse it: null instead."""
    if isinstance(value, Mapping):
        return {key: _plain(of) for key, of in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(of) for of in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
