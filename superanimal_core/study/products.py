"""What a run is for, and what of it somebody has deleted. Standard library only."""

import os
from collections.abc import Iterable
from pathlib import Path

from superanimal_core.tables.names import OF_COHORT, OF_VIDEO

ACCOUNT = "quality.json"


def of_cohort() -> dict[str, str]:
    """The tables of all videos, by name."""
    return {name: f"results/tables/{name}.parquet" for name in OF_COHORT}


def lost_products(study: Path, videos: Iterable[str]) -> list[str]:
    """Final tables of videos that are gone although their video has its account.

    The account is the input of what follows, so Snakemake would not miss the tables. What is no
    final product (frames, boxes, predictions, adapted models) may be deleted to save space.
    """
    lost = []
    for video in videos:
        folder = f"results/videos/{video}"
        try:
            there = {entry.name for entry in os.scandir(study / folder)}
        except OSError:
            continue
        if ACCOUNT in there:
            names = (f"{name}.parquet" for name in OF_VIDEO)
            lost += [f"{folder}/{name}" for name in names if name not in there]
    return lost
