"""How far each video of a study is, from the files of its results alone: no graph is planned."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.study.products import ACCOUNT, names_in
from superanimal_core.tables.accounts import account_in
from superanimal_core.tables.parquet import FAILURE_FILE, read_record

VIDEOS = Path("results/videos")
STAGES = {  # rule: the file or folder of a video that it makes last
    "probe_video": "frames.parquet",
    "predict_poses": "boxes.parquet",
    "adapt_to_video": "adapted",
    "smooth_poses": "poses.parquet",
    "measure_gait": "gait.parquet",
    "describe_behavior": "features.parquet",
    "check_video": ACCOUNT,
}
SAME_STAGE = {"read_predictions": "predict_poses"}  # of videos whose predictions were brought
STAND_IN_BYTES = 20_000  # a table that stands for a failed video has no rows


@dataclass(frozen=True)
class VideoProgress:
    """A video: the stages that are done, its status, and where it failed and why, if it did.

    `status` is ok, flagged or failed; '' while there is no account and no failure.
    """

    video: str
    done: frozenset[str]
    status: str = ""
    stage: str = ""
    reason: str = ""


@dataclass(frozen=True)
class StageCount:
    """Videos of a stage. Those that failed before it count nowhere in it."""

    stage: str
    done: int
    failed: int
    left: int


def progress_of_video(study: Path, video: str) -> VideoProgress:
    """How far one video is. A video with an account is through, whatever was deleted since.

    SuperAnimalError where its account cannot be read.
    """
    folder = study / VIDEOS / video
    there = names_in(folder)
    done = frozenset(stage for stage, name in STAGES.items() if name in there)
    if ACCOUNT in there:
        account = read_account(folder / ACCOUNT)
        if account["status"] != "failed":
            return VideoProgress(video, frozenset(STAGES), account["status"])
        return _failed(video, account)
    last = next((name for name in reversed(STAGES.values()) if name in there), None)
    failure = _failure(folder / last) if last else None
    return _failed(video, failure) if failure else VideoProgress(video, done)


def count_stages(videos: Iterable[VideoProgress], stages: Iterable[str]) -> list[StageCount]:
    """For each stage, in the chain's order: videos that are done, failed in it, and are left."""
    all_videos, counts = list(videos), []
    failed_before = 0
    for stage in stages:
        done = sum(stage in video.done for video in all_videos)
        failed = sum(video.stage == stage for video in all_videos)
        left = len(all_videos) - done - failed - failed_before
        failed_before += failed
        counts.append(StageCount(stage, done, failed, left))
    return counts


def read_account(path: Path) -> dict:
    """quality.json of a video. SuperAnimalError when it is none."""
    try:
        account = account_in(path.read_bytes())
        if isinstance(account, dict) and {"status", "stage", "reason"} <= account.keys():
            return account
    except (OSError, ValueError, AttributeError):
        pass
    raise SuperAnimalError(f"{path}: cannot be read; delete it and run again, which makes it anew")


def _failed(video: str, failure: dict) -> VideoProgress:
    """A video that failed: what lies there for later stages only stands for the failure."""
    said = SAME_STAGE.get(failure["stage"], failure["stage"])
    stage = said if said in STAGES else next(iter(STAGES))
    before = frozenset(list(STAGES)[: list(STAGES).index(stage)])
    return VideoProgress(video, before, "failed", stage, failure["reason"])


def _failure(path: Path) -> dict | None:
    """The stage and reason of what stands for a failed video; None where it is a result."""
    if path.is_dir():
        mark = path / FAILURE_FILE
        return json.loads(mark.read_bytes())["failure"] if mark.is_file() else None
    if path.stat().st_size > STAND_IN_BYTES:
        return None
    return read_record(path).get("failure")
