"""Files that come with the workflow: keypoint spaces, conversion tables, released checkpoints.

A study may have its own in their place. What the workflow brings is named relative to it, never by
an absolute path: results must not depend on where the workflow lies.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

WORKFLOW = Path(__file__).resolve().parents[2]


def lead_scripts_here() -> None:
    """Let every script that this process starts import the package beside the Snakefile."""
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = dict.fromkeys([str(WORKFLOW), *filter(None, before)])
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


def own_or_shipped(path: str | Path, workflow_folder: str | Path = WORKFLOW) -> str:
    """The study's file where it has one or nobody has; else the workflow's, by its whole path."""
    shipped = Path(workflow_folder) / path
    return str(shipped) if shipped.is_file() and not Path(path).is_file() else str(path)


def is_shipped(path: str | Path) -> bool:
    """Whether `own_or_shipped` took it from the workflow."""
    return Path(path).is_relative_to(WORKFLOW)


def by_content(paths: Iterable[str | Path]) -> dict[str, str]:
    """Files as params of a rule: what to ask `own_or_shipped` for, and what is in it (hex digest).

    '' in place of the digest of a study's own file, which is an input and counts as such.
    """
    named = {}
    for path in map(Path, paths):
        if is_shipped(path):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            named[str(path.relative_to(WORKFLOW))] = digest
        else:
            named[str(path)] = ""
    return named
