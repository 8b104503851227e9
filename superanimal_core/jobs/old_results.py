"""Old results stay until their successors are there.

Snakemake removes the outputs of a job before it starts, so that a training that fails on a missing
picture would have cost the old model. Outputs flagged `update` stay where they are, with a copy in
`.snakemake/backups` that is put back when the job fails. Our writing replaces whole files, so the
copies that a killed run leaves behind are of no use, and Snakemake would stumble over them.
"""

import logging
import shutil
from pathlib import Path

BACKUPS = Path(".snakemake/backups")
LOCKS = Path(".snakemake/locks")


def remove_old_backups(study: Path) -> None:
    """Remove the copies of a run that was killed; not while another run holds the study."""
    if not any((study / LOCKS).glob("*.lock")):
        shutil.rmtree(study / BACKUPS, ignore_errors=True)


def keep_to_the_point(logger: logging.Logger) -> None:
    """Snakemake's log without its regret that a result which was never there has no copy."""
    logger.addFilter(lambda record: "no backup found" not in record.getMessage())
