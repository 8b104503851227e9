"""Whether adaptation to a video pays, and whether its judge knows: drawn videos with their truth.

    python benchmarks/adaptation.py [--quick] [--networks FOLDER] [--videos N] [--teacher smoothed]

Networks learn five drawn laboratories. Videos are of cameras that none of them has: dark, noisy,
blurred, other places, coats and sizes, compressed. To each, every network is adapted as each
teacher says, and judged; what the truth says of it is compared with the verdict. Then videos
without the animal, which must be rolled back. One table of methods, error and jitter in percent of
the body; rows go to benchmarks/results/adaptation.parquet. Networks are read from FOLDER if they
are there.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from adaptation_videos import (
    FOREIGN,
    SHIFTS,
    DrawnVideo,
    animal_video,
    foreign_video,
    knowledge_of,
    trained_ensemble,
)
from numpy import ndarray
from trust_labs import CPU, SETTINGS, SMOOTHING, SPACE

from superanimal_core.evaluation.stability import jitter_px
from superanimal_core.inference.adaptation_need import look_at_need
from superanimal_core.inference.lessons import TEACHERS, Knowledge
from superanimal_core.inference.predict import predict_video
from superanimal_core.inference.teachers import own_lesson
from superanimal_core.inference.verdicts import Verdict
from superanimal_core.media.video import read_frames
from superanimal_core.models.adaptation import Adaptation
from superanimal_core.models.video_looks import VideoLooks
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Image
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.smoothing.baselines import SMOOTHERS

RESULTS = Path(__file__).resolve().parent / "results"
INFERENCE = {"batch": 32, "precision": "float32", "scales": (1.0,), "flip": False}
EVERY = np.ones(len(SPACE), bool)
OWN, LEFT = SETTINGS["adaptation"], {"masking", "warmup_steps", "frozen_batch_norm"}
LEFT |= {"bagging"}
PACES = (0.8, 0.65, 0.5)  # of self-pacing: scores that count, round by round
GAIN, LOSS = 0.95, 1.03  # of the error before: what truly gains, and what is worse


@dataclass(frozen=True)
class Adapted:
    """One network on one video, as one teacher taught it."""

    video: DrawnVideo
    teacher: str
    member: int
    verdict: Verdict
    before: Poses
    after: Poses
    error_before: float
    error_after: float
    bundle: ModelBundle
    moved: Image | None

    @property
    def ratio(self) -> float:
        """Error after / before."""
        return self.error_after / self.error_before


def main() -> None:
    """Print the figures and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="four videos, one teacher")
    parser.add_argument("--networks", type=Path, help="a folder for the trained networks")
    parser.add_argument("--videos", type=int, help="so many, of both kinds")
    parser.add_argument("--teacher", choices=[*TEACHERS], help="this one alone")
    chosen = parser.parse_args()
    quick = chosen.quick
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as made:
        kept = chosen.networks or Path(made) / "networks"
        bundles = trained_ensemble(range(3), 1300, kept)
        known = knowledge_of(bundles)
        one = "smoothed" if quick else chosen.teacher
        teachers = [one] if one else [*TEACHERS]
        count = chosen.videos or (2 if quick else len(SHIFTS))
        rows = [
            row
            for video in videos(Path(made), count, 200 if quick else 300)
            for row in of_video(video, bundles, known, teachers, quick)
        ]
    RESULTS.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), RESULTS / "adaptation.parquet")
    print_gate(rows)
    print_methods(rows)


def videos(folder: Path, count: int, frames: int) -> Iterator[DrawnVideo]:
    """Mice on other cameras, and what is no mouse."""
    for number, name in enumerate([*SHIFTS][:count]):
        yield animal_video(folder, number, name, frames)
    for number, name in enumerate(FOREIGN[:count]):
        yield foreign_video(folder, number, name, frames)


def of_video(
    video: DrawnVideo,
    bundles: Sequence[ModelBundle],
    known: Knowledge,
    teachers: Sequence[str],
    quick: bool,
) -> Iterator[dict[str, Any]]:
    """Rows of a video: the look, each network's verdict, and the errors of the methods."""
    before = [predicted(bundle, video) for bundle in bundles]
    start = time.perf_counter()
    look = look_at_need(before, EVERY, known.calibration, min_score=OWN["min_score"])
    took = time.perf_counter() - start
    print(f"{video.name}: {look.reason} ({took:.2f} s)", flush=True)
    figures = {"apart": look.apart, "low": look.low_fraction, "vouched": look.vouched_fraction}
    about = {"video": video.name, "is_animal": video.is_animal}
    yield {**about, "kind": "look", "is_kept": look.is_worth_it, "seconds": took, **figures}
    yield from methods(about, "", before, video)
    for teacher in teachers:
        found = [*adapted(video, adaptation_of(video), bundles, before, known, teacher)]
        for one in found:
            yield {
                **about, "kind": "verdict", "method": teacher, "member": one.member,
                "ratio": one.ratio, **vars(one.verdict),
            }  # fmt: skip
            kept = "kept" if one.verdict.is_kept else "back"
            print(f"  {teacher} {one.member}: {one.ratio:.2f} {kept} {figures_of(one.verdict)}")
        final = [one.after if one.verdict.is_kept else one.before for one in found]
        yield from methods(about, f"{teacher}, ", final, video)
        if video.is_animal:
            yield from methods(about, f"{teacher} unjudged, ", [one.after for one in found], video)
    if video.is_animal and not quick:
        paced = [
            self_paced(video, bundle, poses) for bundle, poses in zip(bundles, before, strict=True)
        ]
        yield from methods(about, "self-pacing, ", paced, video)


def methods(
    about: dict[str, Any], name: str, members: Sequence[Poses], video: DrawnVideo
) -> Iterator[dict[str, Any]]:
    """Error and jitter (parts of the body's length) of an ensemble, by three smoothers."""
    if not video.is_animal:
        return
    body_px = float(np.nanmedian(np.nanmax(np.ptp(video.truth_px, axis=1), axis=1)))
    for smoother in ("none", "median", "eks"):
        xy_px = SMOOTHERS[smoother](members, SMOOTHING.of(smoother)).poses.xy_px
        yield {
            **about, "kind": "method", "method": name + smoother,
            "error": error_of(xy_px, video) / body_px,
            "jitter": float(np.nanmean(jitter_px(xy_px))) / body_px,
        }  # fmt: skip


def predicted(bundle: ModelBundle, video: DrawnVideo) -> Poses:
    """What a network sees of a video."""
    frames = read_frames(video.path)
    return predict_video(
        [bundle], frames, video.boxes_xyxy_px, video.time_s, device=CPU, **INFERENCE
    )[0]


def error_of(xy_px: ndarray, video: DrawnVideo) -> float:
    """Mean distance from the truth (px) where it is known; NaN where there is no animal."""
    off = xy_px[:, 0] - video.truth_px
    apart = np.hypot(off[..., 0], off[..., 1])
    return float(np.nanmean(apart)) if np.isfinite(apart).any() else np.nan


def adaptation_of(video: DrawnVideo) -> Adaptation:
    """As the demo adapts."""
    given = ("steps", "batch", "learning_rate", "early_stopping")
    training = SETTINGS["training"] | {key: OWN[key] for key in given}
    names = TrainingSettings.model_fields.keys() - LEFT
    height, width = next(iter(read_frames(video.path))).shape[:2]
    return Adaptation(
        video=video.path,
        size_px=(width, height),
        boxes_xyxy_px=video.boxes_xyxy_px,
        held_out_fraction=OWN["held_out_fraction"],
        select={key: OWN[key] for key in ("frames", "every_frames", "max_frames")},
        judge={k: OWN[k] for k in ("min_score", "max_jitter_ratio", "max_displacement_ratio")},
        training={key: value for key, value in training.items() if key in names},
        augment=AugmentSettings(**SETTINGS["augment"]),
        inference=INFERENCE,
    )  # fmt: skip


def adapted(
    video: DrawnVideo,
    adaptation: Adaptation,
    bundles: Sequence[ModelBundle],
    before: Sequence[Poses],
    known: Knowledge,
    teacher: str,
) -> Iterator[Adapted]:
    """Each network after a teacher taught it, whatever the verdict is."""
    lessons = TEACHERS[teacher](before, OWN["min_score"], known)
    looks = looks_of(video, bundles[0])
    labels = [adaptation.pseudo_labels(*one, looks) for one in zip(lessons, before, strict=True)]
    pictures = adaptation.pictures(labels, bundles[0])
    changes, learned = [], []
    for number, bundle in enumerate(bundles):
        how = {"seed": number, "device": CPU, "tell": lambda *_: None}
        taught = adaptation.by(labels[number], pictures, **how)
        given = deepcopy(bundle), before[number], taught, pictures
        change, own = adaptation.change(*given, device=CPU)
        changes.append(change)
        learned.append(own)
    verdicts = adaptation.verdicts(changes, known.calibration)
    for number, (change, own) in enumerate(zip(changes, learned, strict=True)):
        after = predicted(own, video)
        then, now = (error_of(poses.xy_px, video) for poses in (before[number], after))
        given = video, teacher, number, verdicts[number], before[number], after, then, now
        yield Adapted(*given, own, adaptation.moved(change, pictures))


def looks_of(video: DrawnVideo, bundle: ModelBundle) -> VideoLooks:
    """How the animals look to a network."""
    how = {key: INFERENCE[key] for key in ("batch", "precision")}
    return VideoLooks(bundle, video.path, video.boxes_xyxy_px, {**how, "device": CPU})


def self_paced(video: DrawnVideo, bundle: ModelBundle, poses: Poses) -> Poses:
    """A network that learns what it is surest of first, looks again, and learns more."""
    adaptation, own = adaptation_of(video), deepcopy(bundle)
    steps = {**adaptation.training, "steps": adaptation.training["steps"] // len(PACES)}
    adaptation = Adaptation(**{**vars(adaptation), "training": steps})
    looks = looks_of(video, own)
    for round_number, pace in enumerate(PACES):
        labels = adaptation.pseudo_labels(own_lesson(poses, min_score=pace), poses, looks)
        pictures = adaptation.pictures([labels], own)
        adaptation.teach(own, labels, pictures, seed=round_number, device=CPU, tell=lambda *_: None)
        poses = predicted(own, video)
    return poses


def figures_of(verdict: Verdict) -> str:
    """The figures of a verdict, and why."""
    names = ("vouched_fraction", "vouched_after_fraction", "astray_fraction", "distance_ratio")
    names += ("bone_ratio", "response")
    told = ", ".join(
        f"{n.removesuffix('_fraction').removesuffix('_ratio')} {getattr(verdict, n):.2f}"
        for n in names
    )
    jitter = f"jitter {verdict.jitter_ratio:.2f}, displacement {verdict.displacement_ratio:.2f}"
    return f"{jitter}, {told}" + ("" if verdict.is_kept else f": {verdict.reason}")


def print_gate(rows: Sequence[dict[str, Any]]) -> None:
    """How often the verdicts are those of the truth."""
    for teacher in dict.fromkeys(row["method"] for row in rows if row["kind"] == "verdict"):
        of = [row for row in rows if row["kind"] == "verdict" and row["method"] == teacher]
        animals = [row for row in of if row["is_animal"]]
        kept = [row["ratio"] for row in animals if row["is_kept"]]
        gained = [row["is_kept"] for row in animals if row["ratio"] <= GAIN]
        false = [row["is_kept"] for row in of if not row["is_animal"]]
        print(
            f"{teacher}: {len(kept)} of {len(animals)} kept; of these "
            f"{share([r <= 1 for r in kept])} are better or as good, {sum(r > LOSS for r in kept)} "
            f"worse by more than 3 %; of {len(gained)} that gain 5 % {share(gained)} are kept; "
            f"without the animal {sum(false)} of {len(false)} kept; jitter at the median "
            f"{np.median([row['jitter_ratio'] if row['is_kept'] else 1.0 for row in animals]):.2f}"
        )


def print_methods(rows: Sequence[dict[str, Any]]) -> None:
    """Mean error and jitter over all videos with an animal, in percent of the body's length."""
    of = [row for row in rows if row["kind"] == "method"]
    for method in dict.fromkeys(row["method"] for row in of):
        own = [row for row in of if row["method"] == method]
        error, jitter = (100 * np.mean([row[name] for row in own]) for name in ("error", "jitter"))
        print(f"{method:30s} error {error:5.2f} %   jitter {jitter:5.2f} %")


def share(is_true: Sequence[bool]) -> str:
    """In percent."""
    return f"{np.mean(is_true):.0%}" if len(is_true) else "none"


if __name__ == "__main__":
    main()
