"""Adaptation to a camera: its videos together, or each alone; when to stop; which frames.

    python benchmarks/shared_adaptation.py [--quick] [--networks FOLDER] [--camera noisy]

The networks and cameras of benchmarks/adaptation.py. Of each camera three videos are drawn, of
which networks learn from two together; the third is left out, and what they gain on it is the
robustness gain. Beside it each video alone, as shipped, with early stopping, and with frames chosen
otherwise. Errors after / before; rolled-back networks count 1 where that is said. Rows go to
benchmarks/results/shared_adaptation.parquet.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from adaptation import OWN, RESULTS, adaptation_of, error_of, looks_of, predicted
from adaptation_videos import DrawnVideo, animal_video, knowledge_of, trained_ensemble
from trust_labs import CPU, SETTINGS, SPACE

from superanimal_core.inference.lessons import TEACHERS, Knowledge
from superanimal_core.inference.teaching_frames import alike
from superanimal_core.jobs.shared_adaptation import adapt_together
from superanimal_core.models.adaptation import Adaptation, Taught
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.new_bundles import read_history
from superanimal_core.models.offering_video import OfferingVideo
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.pose.poses import Poses

CAMERAS = ("dark", "noisy", "small", "room, white", "bright", "as it is")
TEACHER = "smoothed"
STOPPING = {"fraction": 0.15, "every_steps": 10, "patience": 2}
WAYS: Mapping[str, tuple[str, Mapping[str, Any]]] = {  # frames, and what else differs
    "alone": ("spread", {}),
    "alone, informative": ("informative", {}),
    "alone, kinds": ("kinds", {}),
    "alone, long": ("spread", {"steps": 180}),
    "alone, long, stopped early": ("spread", {"steps": 180, "early_stopping": STOPPING}),
}
MANY = 50  # of the 300 frames of a video: else nearly all that are not held out would teach


@dataclass(frozen=True)
class Seen:
    """A video, what each network saw of it, and how the ensemble may be smoothed."""

    video: DrawnVideo
    before: Sequence[Poses]
    known: Knowledge

    def judged(
        self, adaptation: Adaptation, bundles: Sequence[ModelBundle], taught: Sequence[Taught]
    ) -> Iterator[dict[str, Any]]:
        """A row for each network: whether it was kept, and its error after / before."""
        pictures = adaptation.pictures([], bundles[0])
        changes, learned = [], []
        for bundle, own, how in zip(bundles, self.before, taught, strict=True):
            change, adapted = adaptation.change(deepcopy(bundle), own, how, pictures, device=CPU)
            changes.append(change)
            learned.append(adapted)
        verdicts = adaptation.verdicts(changes, self.known.calibration)
        for number, adapted in enumerate(learned):
            poses = (self.before[number], predicted(adapted, self.video))
            then, now = (error_of(each.xy_px, self.video) for each in poses)
            yield {"member": number, "ratio": now / then, **vars(verdicts[number])}


def main() -> None:
    """Print the figures and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one camera")
    parser.add_argument("--networks", type=Path, help="a folder for the trained networks")
    parser.add_argument("--camera", choices=CAMERAS, action="append", help="this one alone")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        kept = chosen.networks or Path(made) / "networks"
        bundles = trained_ensemble(range(3), 1300, kept)
        known = knowledge_of(bundles)
        rows = []
        cameras = chosen.camera or CAMERAS[: 1 if chosen.quick else None]
        for camera in cameras:
            number = CAMERAS.index(camera)
            for row in of_camera(camera, number, bundles, known, kept, Path(made)):
                rows.append({"camera": camera, **row})
            print_ways([row for row in rows if row["camera"] == camera], camera)
    RESULTS.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), RESULTS / "shared_adaptation.parquet")
    print_ways(rows, "all cameras")


def of_camera(
    camera: str,
    number: int,
    bundles: Sequence[ModelBundle],
    known: Knowledge,
    networks: Path,
    folder: Path,
) -> Iterator[dict[str, Any]]:
    """Rows of a camera: two videos that teach, and one that is left out."""
    seen = []
    for place in range(3):
        own = folder / f"{number}-{place}"
        own.mkdir()
        video = animal_video(own, 10 * number + place, camera, 300)
        seen.append(Seen(video, [predicted(bundle, video) for bundle in bundles], known))
    for way, (frames, changes) in WAYS.items():
        yield from ({"way": way, **row} for row in alone(seen[0], bundles, frames, changes))
    start = time.perf_counter()
    offers = [offer(each, f"v{place}", folder / f"{number}") for place, each in enumerate(seen[:2])]
    shared = [together(networks, member, offers, folder / f"{number}") for member in range(3)]
    seconds = time.perf_counter() - start
    for way, each in zip(("together", "together", "left out"), seen, strict=True):
        taught = [taught_as(path) for path in shared]
        for row in each.judged(adaptation_of(each.video), bundles, taught):
            yield {"way": way, "seconds": seconds / 3, **row}


def alone(
    seen: Seen, bundles: Sequence[ModelBundle], frames: str, changes: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Each network adapted to one video."""
    shipped = adaptation_of(seen.video)
    select = {**shipped.select, "frames": frames, "max_frames": MANY}
    adaptation = replace(shipped, select=select, training={**shipped.training, **changes})
    lessons = TEACHERS[TEACHER](seen.before, OWN["min_score"], seen.known)
    looks = looks_of(seen.video, deepcopy(bundles[0]))
    start = time.perf_counter()
    labels = [
        adaptation.pseudo_labels(*one, looks) for one in zip(lessons, seen.before, strict=True)
    ]
    pictures = adaptation.pictures(labels, bundles[0])
    taught = [
        adaptation.by(of, pictures, seed=seed, device=CPU, tell=lambda *_: None)
        for seed, of in enumerate(labels)
    ]
    for row in seen.judged(adaptation, bundles, taught):
        yield {**row, "seconds": (time.perf_counter() - start) / len(bundles)}


def offer(seen: Seen, name: str, folder: Path) -> str:
    """What a video of several teaches."""
    shipped = adaptation_of(seen.video)
    members = {f"member-{number}": poses for number, poses in enumerate(seen.before)}
    OfferingVideo(
        name, seen.video.path, shipped.size_px, seen.video.boxes_xyxy_px, members, SPACE.keypoints,
        shipped.held_out_fraction, {**shipped.select, "max_frames": MANY // 2},
        alike,
    ).write(
        folder / "offered" / name, "always", TEACHER, seen.known, {}, min_score=OWN["min_score"]
    )  # fmt: skip
    return str(folder / "offered" / name)


def together(networks: Path, member: int, offers: Sequence[str], folder: Path) -> str:
    """A network that learned of several videos; its folder."""
    shipped = {key: OWN[key] for key in ("steps", "batch", "learning_rate", "early_stopping")}
    left = ("masking", "warmup_steps", "frozen_batch_norm", "bagging")
    training = {k: v for k, v in (SETTINGS["training"] | shipped).items() if k not in left}
    adapt_together(
        str(networks / f"member-{member}"), offers, folder / f"shared/member-{member}", {},
        training=training, augment=SETTINGS["augment"], max_minutes=None, checkpoint_minutes=60,
        threads=1,
    )  # fmt: skip
    return str(folder / f"shared/member-{member}")


def taught_as(folder: str) -> Taught:
    """A network that was taught before."""
    return lambda _: (read_bundle(folder), read_history(folder))


def print_ways(rows: Sequence[Mapping[str, Any]], name: str) -> None:
    """Of each way: errors of all networks, and of those that were kept; steps and seconds."""
    print(f"\n{name}")
    for way in dict.fromkeys(row["way"] for row in rows):
        of = [row for row in rows if row["way"] == way]
        ratio = np.array([row["ratio"] for row in of])
        is_kept = np.array([row["is_kept"] for row in of])
        judged = np.where(is_kept, ratio, 1.0)
        print(
            f"{way:28s} error {ratio.mean():.3f} (judged {judged.mean():.3f}), {is_kept.sum()} of "
            f"{len(of)} kept, {(ratio[is_kept] > 1.03).sum()} of these worse by 3 %; "
            f"{np.mean([row['steps'] for row in of]):.0f} steps, "
            f"{np.mean([row['seconds'] for row in of]):.0f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
