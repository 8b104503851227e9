"""The predictions of one network as a file, for tests of what reads them."""

from dataclasses import asdict

from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import poses_to_table


def write_poses(poses, path, record):
    """As `predict_poses` writes them, in one piece."""
    write_parquet(poses_to_table(poses), path, {**record, "space": asdict(poses.space)})
