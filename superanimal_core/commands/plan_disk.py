"""What the results of a run take on the disk, rule by rule: as those of the study, else the demo's.

Files that a job keeps only while it runs are not counted.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from superanimal_core.commands.plan_costs import Paces
from superanimal_core.commands.plan_load import Load

MB = 1e6
VIDEOS = Path("results/videos")
POSES, DETECTORS = "models/*/member-*", "models/*/detector"
SHARED = "models/*/adapted/*/member-*"
BY_NETWORKS = ("predict_poses", "adapt_to_video")
MADE = {  # by the rules of a video, in the folder of its results
    "probe_video": ("frames.parquet",),
    "predict_poses": ("predicted", "boxes.parquet"),
    "read_predictions": ("predicted", "boxes.parquet"),
    "adapt_to_video": ("adapted",),
    "smooth_poses": ("poses.parquet",),
    "measure_gait": ("strides.parquet", "walks.parquet", "gait.parquet"),
    "describe_behavior": ("features.parquet", "bouts.parquet"),
    "draw_stills": ("stills.parquet",),
    "label_video": ("labeled.mp4",),
}
NETWORKS = {  # by the rules that make them, in the folder of results
    "pretrain": POSES,
    "fine_tune": POSES,
    "distill": POSES,
    "import_pose_model": POSES,
    "adapt_together": SHARED,
    "train_detector": DETECTORS,
    "import_detector": DETECTORS,
}
# Measured on the demo's quadruped, a short video: what every file begins with is counted in
B_PER_FRAME = {"probe_video": 13.0}
B_PER_ANIMAL = {  # in a frame
    "predict_poses": 32.0,
    "read_predictions": 32.0,
    "describe_behavior": 276.0,
}
B_PER_KEYPOINT = {  # of an animal in a frame; where networks predict, by each
    "predict_poses": 7.9,
    "read_predictions": 7.9,
    "adapt_to_video": 8.1,
    "smooth_poses": 32.6,
    "export_poses": 20.0,  # the middle of six formats: 15 to 41
}
B_PER_PIXEL = {"label_video": 0.036}  # of a drawn frame
B_PER_JOB = {"measure_gait": 98e3, "draw_stills": 46e3}


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder; 0 where nothing is."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.is_file() else 0


def measured_mb(study: Path, rule: str, frames_of: Mapping[str, float], frames: float) -> float:
    """What a job of the rule has made in this study, MB; of a video, for one of so many frames.

    0 where nothing of it is there.
    """
    if rule in NETWORKS:
        sizes = [
            size for path in (study / "results").glob(NETWORKS[rule]) if (size := size_of(path))
        ]
        return sum(sizes) / len(sizes) / MB if sizes else 0.0
    made = {video: _made(study / VIDEOS / video, MADE.get(rule, ())) for video in frames_of}
    there = sum(frames_of[video] for video, size in made.items() if size)
    return sum(made.values()) / there * frames / MB if there else 0.0


def _made(folder: Path, names: Iterable[str]) -> int:
    return sum(size_of(folder / name) for name in names)


def usual_mb(rule: str, load: Load, paces: Sequence[Paces]) -> float:
    """What a job of the rule makes, MB, where nothing of it is there; a network by the probe."""
    if rule in NETWORKS:
        sizes = [p.detector_mb if NETWORKS[rule] == DETECTORS else p.pose_mb for p in paces]
        return sum(sizes) / len(sizes) if sizes else 0.0
    of_keypoint = B_PER_KEYPOINT.get(rule, 0.0) * (load.networks if rule in BY_NETWORKS else 1)
    per_animal = B_PER_ANIMAL.get(rule, 0.0) + of_keypoint * load.keypoints
    per_frame = B_PER_FRAME.get(rule, 0.0) + B_PER_PIXEL.get(rule, 0.0) * load.pixels
    made = load.frames_of(rule) * (per_frame + per_animal * load.animals)
    return (made + B_PER_JOB.get(rule, 0.0)) / MB
