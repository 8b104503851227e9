"""What a run is for, and what of it somebody has deleted. Standard library only."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from superanimal_core.tables.names import OF_COHORT, OF_VIDEO

ACCOUNT = "quality.json"


def of_cohort() -> dict[str, str]:
    """The tables of all videos, by name."""
    return {name: f"results/tables/{name}.parquet" for name in OF_COHORT}


def export_folders(formats: Iterable[str], videos: Iterable[str]) -> list[str]:
    """The folders with the poses of each video in the files of other programs."""
    return [f"results/exports/{format}/{video}" for video in videos for format in formats]


def some_of(names: Sequence[str], limit: int) -> list[str]:
    """So many of the names, scattered over them; a further name changes one of them at most."""
    scattered = sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())
    chosen = {*scattered[:limit]}
    return [name for name in names if name in chosen]


def lost_products(study: Path, videos: Iterable[str]) -> list[str]:
    """Final products of videos that are gone although what was made from them is there.

    Snakemake would not miss them. What is no final product (frames, boxes, predictions, adapted
    models) may be deleted to save space. A video without its account is made whole; while a table
    of all videos is missing, every account is asked for anyway.
    """
    are_collected = all((study / table).exists() for table in of_cohort().values())
    lost = []
    for video in videos:
        folder = f"results/videos/{video}"
        there = names_in(study / folder)
        if ACCOUNT in there:
            tables = (f"{name}.parquet" for name in OF_VIDEO)
            lost += [f"{folder}/{name}" for name in tables if name not in there]
        elif are_collected:
            lost.append(f"{folder}/{ACCOUNT}")
    return lost


def names_in(folder: Path) -> set[str]:
    """What lies in a folder; nothing where there is none."""
    try:
        return {entry.name for entry in os.scandir(folder)}
    except OSError:
        return set()
