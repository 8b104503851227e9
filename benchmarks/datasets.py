"""Reading labels: time and peak memory against `json.load` alone of the same file.

    python benchmarks/datasets.py [--quick]

AP-10K (9,122 animals, needs SUPERANIMAL_SHARED) and a synthetic COCO document of 100,000 animals
(10,000 with --quick): parse, unify, write the long table. Each runs in a process of its own, so
that its peak memory is its own. Then what names alone find of the true rows of real conversion
tables, and what the audit finds in the real sets.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from superanimal_core.datasets.audit import audit_labels
from superanimal_core.datasets.match_keypoints import match_by_name
from superanimal_core.datasets.unify import conversion_from_rows, unify_labels
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.foreign import read_foreign
from superanimal_core.formats.sheets import read_conversion_rows
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels
from superanimal_core.tables.label_files import write_labels

SPACES = Path(__file__).parents[1] / "config" / "keypoints"
SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
MOUSE, QUADRUPED = "superanimal_topviewmouse", "superanimal_quadruped"
MATCHED = {  # set -> space, table
    "openfield": (MOUSE, "openfield"),
    "anipose_mouse": (MOUSE, "anipose_mouse"),
    "mabe_mice": (MOUSE, "mabe_mice"),
    "stanford_dogs": (QUADRUPED, "stanford_dogs"),
    "mmpose_samples/ap10k": (QUADRUPED, "ap10k"),
    "mmpose_samples/animalpose": (QUADRUPED, "animalpose_mmpose"),
    "irodent_labels": (QUADRUPED, "irodent"),
}
AUDITED = (
    ("openfield", "deeplabcut", MOUSE, "openfield"),
    ("anipose_mouse/top.slp", "sleap", MOUSE, "anipose_mouse"),
    ("mabe_mice", "deeplabcut_tracks", MOUSE, "mabe_mice"),
    ("topviewmouse_labels", "coco", MOUSE, "topviewmouse_labels"),
    ("stanford_dogs/coco.json", "coco", QUADRUPED, "stanford_dogs"),
    ("ap10k_labels", "coco", QUADRUPED, "ap10k"),
    ("irodent_labels", "coco", QUADRUPED, "irodent"),
)
LIMITS = {"box_margin": 0.05, "bone_ratio": 2.5, "bone_deviations": 6.0, "min_side_evidence": 0.4}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        synthetic = Path(folder) / "coco.json"
        write_synthetic(synthetic, 10_000 if quick else 100_000)
        compare("synthetic", synthetic, QUADRUPED, "ap10k", Path(folder))
        if (SHARED / "ap10k_labels").is_dir():
            compare("AP-10K", SHARED / "ap10k_labels", QUADRUPED, "ap10k", Path(folder))
    print("\nrows of the true table that names alone find")
    for name, (space, table) in MATCHED.items():
        found, true, wrong = found_by_name(space, table)
        print(f"{name:28s}{found:4d} of {true:3d}, {wrong} wrong")
    if SHARED.is_dir():
        print("\nfindings of the audit (config/config.yaml's limits)")
        audit_sets()


def compare(name: str, path: Path, space: str, table: str, folder: Path) -> None:
    """One line: our chain and json.load of the same documents."""
    documents = sorted(path.glob("annotations/*.json")) or sorted(path.glob("*.json")) or [path]
    chain = in_own_process(convert, path, space, table, folder)
    limit = in_own_process(load, documents)
    print(
        f"{name:10s} {chain[2]:7,d} animals  {chain[0]:6.2f} s  {chain[1]:5.0f} MB   json.load "
        f"{limit[0]:5.2f} s  {limit[1]:5.0f} MB   ratio {chain[0] / limit[0]:.1f}"
    )


def in_own_process(work: Callable[..., int], *arguments: object) -> tuple[float, float, int]:
    """Seconds, peak memory of the process (MB, imports included) and result of some work."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (work, *arguments))


def measured(work: Callable[..., int], *arguments: object) -> tuple[float, float, int]:
    """The same in this process."""
    start = time.perf_counter()
    result = work(*arguments)
    seconds = time.perf_counter() - start
    return seconds, peak_mb(), result


def peak_mb() -> float:
    """Largest resident size of this process so far. Unlike getrusage's, not that of its parent."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def convert(path: Path, space: str, table: str, folder: Path) -> int:
    """What convert_dataset and unify_dataset do."""
    labels = read_foreign("set", str(path), "coco")
    write_labels(labels, folder / "labels.parquet", {})
    unified = unified_labels(labels, space, table)
    write_labels(unified, folder / "unified.parquet", {})
    return len(unified)


def unified_labels(labels: Labels, space: str, table: str) -> Labels:
    """Labels in a space by a table of the repository."""
    file, released = SPACES / space / f"{table}.tsv", read_keypoint_space(SPACES / f"{space}.yaml")
    rows = read_conversion_rows(file)
    return unify_labels(
        labels, conversion_from_rows(rows, labels.space, released, file.name), released
    )


def load(documents: list[Path]) -> int:
    """The least that any reader of these documents must do."""
    return sum(len(json.loads(path.read_bytes())) for path in documents)


def write_synthetic(path: Path, animals: int) -> None:
    """A COCO document in AP-10K's vocabulary, two animals per picture, no pictures."""
    names = [row.source for row in read_conversion_rows(SPACES / QUADRUPED / "ap10k.tsv")]
    random = np.random.default_rng(0)
    image = {"width": 640, "height": 480}
    points = random.integers(0, 480, (animals, len(names), 3))
    points[..., 2] = random.integers(0, 3, points.shape[:2])
    document = {
        "images": [
            image | {"id": i, "file_name": f"v{i // 50}/{i}.jpg"} for i in range(animals // 2)
        ],
        "annotations": [
            {
                "id": i,
                "image_id": i // 2,
                "category_id": 1,
                "bbox": [0, 0, 480, 480],
                "keypoints": own.ravel().tolist(),
            }
            for i, own in enumerate(points)
        ],
        "categories": [{"id": 1, "name": "animal", "keypoints": names}],
    }
    path.write_text(json.dumps(document), encoding="utf-8")


def found_by_name(space: str, table: str) -> tuple[int, int, int]:
    """Right rows, true rows, wrong rows of a proposal from names alone."""
    rows = read_conversion_rows(SPACES / space / f"{table}.tsv")
    released = read_keypoint_space(SPACES / f"{space}.yaml")
    true = {row.source: row.unified for row in rows if row.unified}
    proposed = match_by_name(KeypointSpace("source", tuple(r.source for r in rows)), released)
    right = sum(p.unified is not None and true.get(p.source) == p.unified for p in proposed)
    return right, len(true), sum(p.unified is not None for p in proposed) - right


def audit_sets() -> None:
    """One line per real set: animals, and findings by kind."""
    for path, format, space, table in AUDITED:
        labels = unified_labels(read_foreign(path, str(SHARED / path), format), space, table)
        kinds = Counter(finding.kind for finding in audit_labels(labels, labels, **LIMITS))
        told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())) or "nothing"
        print(f"{path:28s}{len(labels):6d} animals: {told}")


if __name__ == "__main__":
    main()
