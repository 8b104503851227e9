"""The text files of a study that is written by a program."""

from pathlib import Path
from typing import Any

import yaml

from superanimal_core.tables.atomic import replacing


def write_text(path: str | Path, text: str) -> None:
    """A text file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_config(settings: dict[str, Any], target: Path) -> None:
    """Settings, or a keypoint space, as YAML."""
    write_text(target, yaml.safe_dump(settings, sort_keys=False))


def write_sheet(rows: list[tuple], target: Path) -> None:
    """A tab-separated sheet."""
    write_text(target, "".join("\t".join(map(str, row)) + "\n" for row in rows))
