"""The smoother and its baselines against the truth of synthetic videos.

    python benchmarks/smoothing_truth.py [--quick]

No training: an ensemble's predictions are simulated on the true tracks of synthetic mice and
quadrupeds. All members share a part of their error, as networks trained on the same labels do. A
keypoint that is hidden, by the animal itself or now and then by something else, is guessed: every
member is off by itself and by the same, slowly; its score drops; and now and then it jumps to
another keypoint of the animal or to anywhere. The settings are those of config/config.yaml; `walk`
is the smoother with a random walk alone, `reference` with the noise of EKS 4.6.2, too.

Errors are compared where every method has a position, for several frame rates and sizes of the
ensemble. Gaps are stretches that no network sees; only a Kalman smoother bridges them. Intervals
are calibrated as in the workflow, on single images (every 20th frame of every other video), and
checked on the rest of the videos.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import fit_calibration, predict_error
from superanimal_core.smoothing.labeled_errors import LabeledAnimals, errors_at_labels
from superanimal_core.smoothing.self_check import contradictions
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.synthetic.casting import mouse_video_scene, quadruped_video_scene

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("eks", "none", "median", "savitzky_golay", "one_euro")
SIMPLER = {
    "walk": {"motion": "random_walk"},
    "reference": {"motion": "random_walk", "noise": "reference"},
}
RATES_HZ, MEMBERS = (30.0, 50.0, 100.0, 200.0), (2, 5)
FPS, MOST_MEMBERS = 50.0, 5
GAP_S, GAP_EVERY_S = (0.1, 0.2, 0.4), (0.7, 1.7)
SHARED_PX, OWN_PX, WHITE_PX = 0.7, 0.8, 0.5  # standard deviations where the keypoint is seen
SHARED_HIDDEN_PX, OWN_HIDDEN_PX = 2.0, 6.0  # and where it is not
SHARED_S, OWN_S, HIDDEN_S = 0.3, 0.1, 0.2  # how long an error lasts
COVERED_EVERY_S, COVERED_S = 2.0, (0.1, 0.4)  # something else hides a keypoint
JUMP_SEEN, JUMP_HIDDEN = 0.003, 0.10  # probability per frame and member that a jump begins
JUMP_PX, JUMP_FRAMES = 60.0, 3


@dataclass(frozen=True)
class Video:
    """A synthetic video's truth, and what a simulated ensemble says about it."""

    name: str
    xy_px: np.ndarray  # frame, keypoint, 2
    is_hidden: np.ndarray  # frame, keypoint
    members: list[Poses]


def main() -> None:
    """Print what was found and write it to benchmarks/results/smoothing_truth.parquet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="eight videos instead of twenty-four")
    count = 4 if parser.parse_args().quick else 12
    smoothing = SmoothingSettings(**read_config(ROOT / CONFIG)["smoothing"])
    rows = [
        row | {"fps": fps, "members": members}
        for fps in RATES_HZ
        for members in MEMBERS
        for row in measure(fps, members, count, smoothing)
    ]
    results = ROOT / "benchmarks" / "results"
    results.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), results / "smoothing_truth.parquet")


def measure(
    fps: float, members: int, count: int, smoothing: SmoothingSettings
) -> list[dict[str, Any]]:
    """All figures of one frame rate and one size of the ensemble."""
    videos = [simulated_video(k, seed, fps, members) for seed in range(count) for k in MAKERS]
    smoothed = [smooth_by_all(video, smoothing) for video in videos]
    rows = [
        row for video, by_method in zip(videos, smoothed, strict=True)
        for row in errors(video, by_method)
    ]  # fmt: skip
    rows += [row for video in videos for row in gap_errors(video, smoothing)]
    eks = [by_method["eks"] for by_method in smoothed]
    rows += coverage(videos, eks, smoothing)
    label = f"{fps:.0f} Hz, {members} networks"
    print_summary(rows, label)
    chosen = np.concatenate([one.smoothers().ravel() for one in eks])
    fallen = np.mean([contradictions(one, smoothing.of("eks")) for one in eks[::2]])
    print(
        f"{label}: keeps a velocity {np.mean(chosen == 'constant_velocity'):.0%} of the keypoints; "
        f"fall back {fallen:.1%}; numpy {np.__version__}",
        flush=True,
    )
    return rows


def print_summary(rows: list[dict[str, Any]], label: str) -> None:
    """Error over that of each baseline (mean, worst video); gaps; what intervals hold."""
    value = {(r["video"], r["part"], r["method"]): r["value"] for r in rows}
    names = dict.fromkeys(row["video"] for row in rows)
    for part in ("all", "seen", "hidden"):
        told = []
        for method in ["one network", *METHODS[1:], *SIMPLER]:
            ratio = np.array([value[n, part, "eks"] / value[n, part, method] for n in names])
            told.append(f"{method} {ratio.mean():.3f} ({ratio.max():.3f})")
        print(f"{label}: {part}: error over that of {', '.join(told)}", flush=True)
    for part in (f"gap {gap_s:g} s" for gap_s in GAP_S):
        mean = {m: np.mean([value[n, part, m] for n in names]) for m in ("eks", *SIMPLER)}
        told = ", ".join(f"{method} {px:.2f}" for method, px in mean.items())
        print(f"{label}: {part}: error, px: {told}", flush=True)
    for method in ("posterior", "calibrated"):
        held = [row["value"] for row in rows if row["method"] == method]
        print(f"{label}: {method} 90 %: {min(held):.2f} to {max(held):.2f}", flush=True)


def gap_errors(video: Video, smoothing: SmoothingSettings) -> list[dict[str, Any]]:
    """Mean distance from the truth (px) within bridged gaps, by their length."""
    rows = []
    for gap_s in GAP_S:
        is_gap = gaps(video, gap_s)
        blind = [
            replace(one, xy_px=np.where(is_gap[:, None, :, None], np.nan, one.xy_px))
            for one in video.members
        ]
        for method, changed in {"eks": {}, **SIMPLER}.items():
            eks = smoothing.of("eks").model_copy(update=changed)
            far = distance_px(video, SMOOTHERS["eks"](blind, eks))[is_gap]
            rows.append({"video": video.name, "part": f"gap {gap_s:g} s", "method": method,
                         "figure": "mean error, px", "value": float(np.nanmean(far)),
                         "n": int(np.isfinite(far).sum())})  # fmt: skip
    return rows


def gaps(video: Video, gap_s: float) -> np.ndarray:
    """Frame by keypoint: stretches of this length, seen before and after."""
    rng = np.random.default_rng(5)
    fps = video.members[0].fps
    is_gap = np.zeros(video.is_hidden.shape, bool)
    for keypoint in range(is_gap.shape[1]):
        start = round(fps * rng.uniform(*GAP_EVERY_S))
        while start < len(is_gap) - fps * (gap_s + 0.2):
            is_gap[start : start + round(gap_s * fps), keypoint] = True
            start += round(fps * (gap_s + rng.uniform(*GAP_EVERY_S)))
    return is_gap


def smooth_by_all(video: Video, smoothing: SmoothingSettings) -> dict[str, SmoothedPoses]:
    """The video smoothed by every method, with the settings of the section `smoothing`."""
    by_all = {m: SMOOTHERS[m](video.members, smoothing.of(m)) for m in METHODS}
    for name, changed in SIMPLER.items():
        eks = smoothing.of("eks").model_copy(update=changed)
        by_all[name] = SMOOTHERS["eks"](video.members, eks)
    return by_all


def errors(video: Video, by_method: dict[str, SmoothedPoses]) -> list[dict[str, Any]]:
    """Mean distance from the truth (px) of every method: all, seen, hidden keypoints."""
    distance = {m: distance_px(video, smoothed) for m, smoothed in by_method.items()}
    lone = video.members[0].xy_px[:, 0] - video.xy_px
    distance["one network"] = np.hypot(lone[..., 0], lone[..., 1])
    common = np.isfinite(np.stack(list(distance.values()))).all(axis=0)
    parts = {"all": common, "seen": common & ~video.is_hidden, "hidden": common & video.is_hidden}
    return [
        {"video": video.name, "part": part, "method": method, "figure": "mean error, px",
         "value": float(far[chosen].mean()), "n": int(chosen.sum())}
        for part, chosen in parts.items() for method, far in distance.items()
    ]  # fmt: skip


def coverage(
    videos: list[Video], smoothed: list[SmoothedPoses], smoothing: SmoothingSettings
) -> list[dict[str, Any]]:
    """Part of the truth within 90 % intervals, per space: the smoother's own, and calibrated."""
    rows = []
    for kind in MAKERS:
        of_kind = [(v, s) for v, s in zip(videos, smoothed, strict=True) if v.name.startswith(kind)]
        images, label_px, group = labeled_images([video for video, _ in of_kind[1::2]])
        on_images = SMOOTHERS["eks"](images, smoothing.of("eks"))
        errors = errors_at_labels(on_images, labeled_animals(label_px, group))
        calibration = fit_calibration(errors)
        for video, poses in of_kind[::2]:
            off = np.abs(poses.poses.xy_px[:, 0] - video.xy_px)
            own = off <= 1.645 * np.sqrt(poses.variance_px2[:, 0])
            radius = predict_error(calibration, poses).radius_90_px[:, 0]
            known = np.isfinite(radius)
            inside = distance_px(video, poses)[known] <= radius[known]
            for method, value in (("posterior", own[known].mean()), ("calibrated", inside.mean())):
                rows.append({"video": video.name, "part": "all", "method": method,
                             "figure": "within 90 %", "value": float(value),
                             "n": int(known.sum())})  # fmt: skip
    return rows


def labeled_animals(label_px: np.ndarray, group: np.ndarray) -> LabeledAnimals:
    """Labels in pictures as they are, all of one data set."""
    count = len(label_px)
    return LabeledAnimals(
        label_xy_px=label_px,
        is_asked=np.ones(label_px.shape[:2], bool),
        group=group,
        dataset=np.full(count, "simulated"),
        image=np.arange(count).astype(str),
        is_disturbed=np.zeros(count, bool),
    )


def labeled_images(videos: list[Video]) -> tuple[list[Poses], np.ndarray, np.ndarray]:
    """Every 20th frame as an image of its own: an individual of a single frame. Labels, groups."""
    chosen = [slice(0, len(video.xy_px), 20) for video in videos]
    label_px = np.concatenate([v.xy_px[rows] for v, rows in zip(videos, chosen, strict=True)])
    group = np.concatenate([[v.name] * len(v.xy_px[::20]) for v in videos])
    names = tuple(str(image) for image in range(len(label_px)))
    members = [
        Poses(
            of_videos[0].space,
            names,
            np.zeros(1),
            np.concatenate([p.xy_px[r, 0] for p, r in zip(of_videos, chosen, strict=True)])[None],
            np.concatenate([p.score[r, 0] for p, r in zip(of_videos, chosen, strict=True)])[None],
        )
        for of_videos in zip(*(video.members for video in videos), strict=True)
    ]
    return members, label_px, group


def distance_px(video: Video, smoothed: SmoothedPoses) -> np.ndarray:
    """Distance of every keypoint from the truth, frame by keypoint."""
    difference = smoothed.poses.xy_px[:, 0] - video.xy_px
    return np.hypot(difference[..., 0], difference[..., 1])


MAKERS = {
    "mouse": lambda seed: mouse_video_scene(seed, 12.0),
    "quadruped": lambda seed: quadruped_video_scene(seed, 8.0, 560),
}


def simulated_video(kind: str, seed: int, fps: float = FPS, count: int = MOST_MEMBERS) -> Video:
    """A scene's true tracks and an ensemble's predictions of them."""
    scene = MAKERS[kind](seed)
    rng = np.random.default_rng([seed, 77])
    time_s = np.arange(round((12 if kind == "mouse" else 8) * fps)) / fps
    figure = scene.animal.figure(time_s)
    truth = scene.camera.project(figure.keypoints)
    is_hidden = ~scene.is_visible(figure) | covered(truth.shape[:2], fps, rng)
    space = KeypointSpace(scene.animal.space, tuple(scene.animal.keypoints))
    shared = lasting(truth.shape, SHARED_S * fps, rng) * SHARED_PX
    shared += lasting(truth.shape, HIDDEN_S * fps, rng) * SHARED_HIDDEN_PX * is_hidden[..., None]
    members = []
    for _ in range(count):
        xy, score = predicted(truth, is_hidden, shared, fps, rng)
        members.append(Poses(space, ("animal0",), time_s, xy[:, None], score[:, None]))
    return Video(f"{kind}_{seed}", truth, is_hidden, members)


def predicted(
    truth: np.ndarray,
    is_hidden: np.ndarray,
    shared: np.ndarray,
    fps: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """One member's positions and scores."""
    own = lasting(truth.shape, OWN_S * fps, rng) * OWN_PX + rng.normal(size=truth.shape) * WHITE_PX
    own += lasting(truth.shape, HIDDEN_S * fps, rng) * OWN_HIDDEN_PX * is_hidden[..., None]
    begins = rng.random(is_hidden.shape) < np.where(is_hidden, JUMP_HIDDEN, JUMP_SEEN)
    jumps = is_recent(begins, JUMP_FRAMES)
    to_another = truth[:, rng.integers(truth.shape[1], size=truth.shape[1])]
    anywhere = truth + rng.normal(size=(1, truth.shape[1], 2)) * JUMP_PX
    wrong = np.where(rng.random((1, truth.shape[1], 1)) < 0.5, to_another, anywhere)
    xy = np.where(jumps[..., None], wrong, truth) + shared + own
    low, high = np.where(is_hidden | jumps, 0.05, 0.7), np.where(is_hidden | jumps, 0.6, 1.0)
    return xy, rng.uniform(low, high)


def lasting(shape: tuple[int, ...], frames: float, rng: np.random.Generator) -> np.ndarray:
    """Noise of variance 1 that forgets itself within about so many frames (AR(1) over axis 0)."""
    memory = np.exp(-1 / frames)
    values = rng.normal(size=shape)
    values[1:] *= np.sqrt(1 - memory**2)
    for frame in range(1, len(values)):
        values[frame] += memory * values[frame - 1]
    return values


def covered(shape: tuple[int, int], fps: float, rng: np.random.Generator) -> np.ndarray:
    """Where something else hides a keypoint."""
    hidden = np.zeros(shape, bool)
    for keypoint in range(shape[1]):
        for start in np.flatnonzero(rng.random(shape[0]) < 1 / (fps * COVERED_EVERY_S)):
            hidden[start : start + round(fps * rng.uniform(*COVERED_S)), keypoint] = True
    return hidden


def is_recent(begins: np.ndarray, frames: int) -> np.ndarray:
    """Where something began within the last few frames."""
    recent = begins.copy()
    for late in range(1, frames):
        recent[late:] |= begins[:-late]
    return recent


if __name__ == "__main__":
    main()
