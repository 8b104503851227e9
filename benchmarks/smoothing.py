"""The smoother against ensemble-kalman-smoother 4.6.2, and against the length of a recording.

    python benchmarks/smoothing.py [--quick]

Both programs read the same csv files and write csv, except for `singlearrays`, which is the
smoothing alone, from arrays to arrays. Warm is the faster of two repeats after a
first one, in one process; cold is a new process, from import to result. The peer lives in
.peers/eks (make peers); without it only our times are shown.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa

from superanimal_core.formats.prediction_files import read_ensemble
from superanimal_core.formats.smoothed_csv import write_reference_csv
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import EksSmoothing, SharedViewSettings
from superanimal_core.smoothing.calibrated import smooth_calibrated
from superanimal_core.smoothing.cameras import camera_from_rotation_vector, project
from superanimal_core.smoothing.eks import smooth_ensemble, smooth_keypoint
from superanimal_core.smoothing.multicamera import smooth_views

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".peers" / "eks" / "bin" / "python"
JOBS = {  # job: how many times faster than the peer it should be
    "singlearrays_fixed": 20,
    "singlearrays_optimized": 20,
    "single_fixed": 20,
    "single_optimized": 20,
    "multi_fixed": 10,
    "multi_optimized": 10,
    "multi_calibrated_optimized": 5,
}
COLD_LIMIT = 5
LONGEST = 1_700_000
LIMIT_S, LIMIT_GB = 60, 3
VIEWS = {"left": -0.5, "middle": 0.0, "right": 0.6}
SETTINGS = {
    "center": "median",
    "motion": "random_walk",
    "velocity_s": 0.15,
    "noise": "reference",
    "strength_frames": 10_000,
    "min_variance_px2": 1e-4,
    "min_score": 0.0,
    "single_network_variance_px2": 1.0,
    "max_gap_s": 1.0,
}


def main() -> None:
    """Print one line per figure and write them to benchmarks/results/smoothing.parquet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="at most five minutes on two cores")
    parser.add_argument("--job", help="internal: run one job and leave")
    parser.add_argument("--length", type=int, help="internal: smooth a recording of this length")
    parser.add_argument("--folder", type=Path, help="internal: where the inputs are")
    options = parser.parse_args()
    if options.job:
        run_ours(options.job, options.folder)
    elif options.length:
        print("RESULT " + json.dumps(smooth_recording(options.length)))
    else:
        rows = compare(options.quick) + scale(options.quick)
        import pyarrow.parquet as pq  # here: no part of the jobs

        results = ROOT / "benchmarks" / "results"
        results.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), results / "smoothing.parquet")


def compare(quick: bool) -> list[dict]:
    """Times of every job, ours and the peer's."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, frames=1000 if quick else 2000)
        for job, target in JOBS.items():
            warm = warm_seconds(job, folder)
            peer_warm = min(run_peer(job, folder, 3)[1:]) if PEER.exists() else float("nan")
            rows.append(figure(f"{job} warm", warm, peer_warm, "s", peer_warm / warm, target))
            if job.startswith("singlearrays"):
                continue
            cold = timed(subprocess.run, [sys.executable, __file__, "--job", job, "--folder", name])
            peer_cold = timed(run_peer, job, folder, 1) if PEER.exists() else float("nan")
            rows.append(figure(f"{job} cold", cold, peer_cold, "s", peer_cold / cold, COLD_LIMIT))
    return rows


def warm_seconds(job: str, folder: Path) -> float:
    """The fastest of three repeats after a first one."""
    kind, strength = job.rsplit("_", 1)
    if kind != "singlearrays":
        return min(timed(run_ours, job, folder) for _ in range(4))
    members = read_members((folder / "single").glob("*.csv"))
    settings = EksSmoothing(strength=10.0 if strength == "fixed" else None, **SETTINGS)
    return min(timed(lambda: smooth_ensemble(members, settings)) for _ in range(4))


def scale(quick: bool) -> list[dict]:
    """Time and memory against length: 27 keypoints, 5 members, optimized strength."""
    rows = []
    for frames in (10_000, 100_000) if quick else (10_000, 100_000, LONGEST):
        command = [sys.executable, __file__, "--length", str(frames)]
        seconds, gigabytes = last_result(
            subprocess.run(command, capture_output=True, text=True, check=True).stdout
        )
        rows.append(figure(f"{frames} frames, time", seconds, LIMIT_S, "s",
                           LIMIT_S / seconds, 1))  # fmt: skip
        rows.append(figure(f"{frames} frames, peak memory", gigabytes, LIMIT_GB, "GB",
                           LIMIT_GB / gigabytes, 1))  # fmt: skip
    return rows


def figure(
    name: str, ours: float, other: float, unit: str, ratio: float, target: float
) -> dict[str, str | float]:
    """One row of the result, also printed."""
    versions = f"numpy {version('numpy')}, scipy {version('scipy')}, eks 4.6.2"
    print(
        f"{name:34s} ours {ours:8.3f} {unit}, peer or limit {other:8.3f} {unit}, "
        f"ratio {ratio:6.1f} (at least {target}), {versions}",
        flush=True,
    )
    return {"figure": name, "ours": ours, "peer_or_limit": other, "unit": unit, "ratio": ratio,
            "target": float(target), "versions": versions}  # fmt: skip


def timed(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def run_peer(job: str, folder: Path, repeats: int) -> list[float]:
    """Seconds of each repeat within the peer's process."""
    script = ROOT / "benchmarks" / "peers" / "eks_job.py"
    command = [str(PEER), str(script), job, str(folder), str(repeats)]
    return last_result(
        subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout
    )


def last_result(output: str) -> list[float]:
    line = [line for line in output.splitlines() if line.startswith("RESULT ")][-1]
    return json.loads(line.removeprefix("RESULT "))


def run_ours(job: str, folder: Path) -> None:
    """One complete job, csv in, csv out."""
    kind, strength = job.rsplit("_", 1)
    settings = EksSmoothing(strength=10.0 if strength == "fixed" else None, **SETTINGS)
    if kind == "single":
        members = read_members((folder / "single").glob("*.csv"))
        write_poses(smooth_ensemble(members, settings), folder / "ours.csv")
        return
    views = {view: read_members((folder / "multi").glob(f"*{view}*.csv")) for view in VIEWS}
    rounds = 10 if kind == "multi" else 0
    shared = SharedViewSettings(latent=3, keep_quantile=0.95, inflation_rounds=rounds)
    if kind == "multi":
        result = smooth_views(views, settings, shared)
    else:
        _, result = smooth_calibrated(views, lenses(), settings, shared)
    for view, poses in result.items():
        write_poses(poses, folder / f"ours-{view}.csv")


def smooth_recording(frames: int, keypoints: int = 27, members: int = 5) -> list[float]:
    """Seconds of smoothing and peak memory (GB), keypoint by keypoint as from a columnar file."""
    rng = np.random.default_rng(0)
    time_s = np.arange(frames) / 60
    seconds, settings = 0.0, EksSmoothing(strength=None, **SETTINGS)
    for _ in range(keypoints):
        truth = (3 * rng.standard_normal((frames, 2), dtype=np.float32)).cumsum(axis=0)
        xy = [truth + rng.standard_normal((frames, 2), dtype=np.float32) for _ in range(members)]
        score = [0.5 + 0.5 * rng.random(frames, dtype=np.float32) for _ in range(members)]
        seconds += timed(lambda xy=xy, score=score: smooth_keypoint(xy, score, time_s, settings))
    return [seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6]


def read_members(paths: Iterable[Path]) -> list[Poses]:
    return read_ensemble(sorted(paths), fps=60)


def write_poses(smoothed: SmoothedPoses, path: Path) -> None:
    write_reference_csv(smoothed, path, single_network_variance_px2=1.0)


def lenses() -> dict:
    matrix = np.array([[800.0, 0, 320], [0, 800, 240], [0, 0, 1]])
    return {
        view: camera_from_rotation_vector(
            view, matrix, np.zeros(5), np.array([0.1, turn, 0.05]), np.array([0, 0, 6.0])
        )
        for view, turn in VIEWS.items()
    }


def write_inputs(folder: Path, frames: int) -> None:
    """Five networks on one camera (8 keypoints), three on each of three cameras (2 keypoints)."""
    rng = np.random.default_rng(0)
    for name in ("single", "multi"):
        (folder / name).mkdir()
    walk = 300 + 3 * rng.normal(size=(frames, 8, 2)).cumsum(axis=0)
    shared = walk + rng.normal(size=walk.shape)
    for member in range(5):
        write_member(folder / "single" / f"rng={member}.csv", shared, "abcdefgh", rng)
    world = 0.01 * rng.normal(size=(frames, 2, 3)).cumsum(axis=0)
    lines = []
    for number, (view, camera) in enumerate(lenses().items()):
        xy = project(camera, world.reshape(-1, 3))[0].reshape(frames, 2, 2)
        shared = xy + rng.normal(size=xy.shape)
        for member in range(3):
            write_member(folder / "multi" / f"rng={member}.{view}.csv", shared, "ab", rng)
        lines += [
            f"[cam_{number}]",
            f'name = "{view}"',
            "size = [640, 480]",
            f"matrix = {camera.matrix.tolist()}",
            "distortions = [0.0, 0.0, 0.0, 0.0, 0.0]",
            f"rotation = [0.1, {VIEWS[view]}, 0.05]",
            "translation = [0.0, 0.0, 6.0]",
        ]
    (folder / "calibration.toml").write_text("\n".join([*lines, "[metadata]", "error = 0.0", ""]))


def write_member(path: Path, shared: np.ndarray, keypoints: str, rng: np.random.Generator) -> None:
    xy = shared + rng.normal(size=shared.shape)
    score = rng.uniform(0.7, 1, (*shared.shape[:2], 1))
    values = np.concatenate([xy, score], axis=-1).reshape(len(xy), -1)
    fields = ("x", "y", "likelihood")
    header = [
        ["scorer"] + ["network"] * values.shape[1],
        ["bodyparts"] + [keypoint for keypoint in keypoints for _ in fields],
        ["coords"] + [field for _ in keypoints for field in fields],
    ]
    rows = [[str(frame), *map(repr, row)] for frame, row in enumerate(values.tolist())]
    path.write_text("\n".join(",".join(row) for row in header + rows) + "\n")


if __name__ == "__main__":
    main()
