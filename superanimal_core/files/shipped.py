"""Files that come with the workflow: keypoint spaces, conversion tables, released checkpoints.

A study may have its own in their place. What the workflow brings is named relative to it, never by
an absolute path: results must not depend on where the workflow lies.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

WORKFLOW = Path(__file__).resolve().parents[2]


def own_or_shipped(path: str | Path, workflow_folder: str | Path = WORKFLOW) -> str:
    """The study's file where it has one or nobody has; else the workflow's, by its whole path."""
    shipped = Path(workflow_folder) / path
    return str(shipped) if shipped.is_file() and not Path(path).is_file() else str(path)


def is_shipped(path: str | Path) -> bool:
    """Whether `own_or_shipped` took it from the workflow."""
    return Path(path).is_relative_to(WORKFLOW)


def relative_to_workflow(path: str | Path) -> str:
    """What `own_or_shipped` was asked for: `own_or_shipped(relative_to_workflow(p)) == p`."""
    return str(Path(path).relative_to(WORKFLOW)) if is_shipped(path) else str(path)


def shipped_digest(paths: Iterable[str | Path]) -> str:
    """Hex digest of the contents of those files that the workflow brings."""
    digest = hashlib.sha256()
    for path in sorted(filter(is_shipped, map(str, paths))):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]
