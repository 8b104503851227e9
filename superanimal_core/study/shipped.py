"""Files that come with the workflow: keypoint spaces, conversion tables, released checkpoints.

A study may have its own in their place. Either counts by its content: results do not depend on
where the workflow lies.
"""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_CLONE = PACKAGE.parent
WORKFLOW = _CLONE if (_CLONE / "Snakefile").is_file() else PACKAGE / "program"  # of a wheel


def lead_scripts_here() -> None:
    """Let every script that this process starts import the package that the Snakefile imports.

    And be started whatever the study's folder is called: of a Python that was called by a relative
    path, Snakemake would name that folder, without quotes.
    """
    sys.executable = os.path.abspath(sys.executable)
    before = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = dict.fromkeys([str(PACKAGE.parent), *filter(None, before)])
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ["PYTHONSAFEPATH"] = "1"  # what lies in the study's folder is not imported


def own_or_shipped(path: str | Path, workflow_folder: str | Path = WORKFLOW) -> str:
    """The study's file where it has one or nobody has; else the workflow's, by its whole path."""
    shipped = Path(workflow_folder) / path
    return str(shipped) if shipped.is_file() and not Path(path).is_file() else str(path)
