"""How far each video of a study is, from the files of its results alone: no graph is planned."""

import json
import os
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from superanimal_core.commands.running import RunningJob
from superanimal_core.commands.stages import SAME_STAGE, STAGES, VIDEOS
from superanimal_core.errors import SuperAnimalError
from superanimal_core.study.products import ACCOUNT
from superanimal_core.tables.accounts import account_in
from superanimal_core.tables.parquet import FAILURE_FILE, read_record

STAND_IN_BYTES = 20_000  # a table that stands for a failed video has no rows
DAMAGED = "damaged"
UNREADABLE = "cannot be read; delete it and run again, which makes it anew"
LATELY_S = 3600.0  # how fast a stage goes on is counted over so long
FEW = 3  # with fewer videos in that time, what the running jobs say of themselves counts


@dataclass(frozen=True)
class VideoProgress:
    """A video: the stages that are done, its status, and where it failed and why, if it did.

    `status` is ok, flagged or failed; '' while there is no account and no failure, and 'damaged'
    where one of its files cannot be read, as `reason` says. `made_s`: when what the stages made was
    written, by the clock of its disk.
    """

    video: str
    done: frozenset[str]
    status: str = ""
    stage: str = ""
    reason: str = ""
    made_s: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StageCount:
    """Videos of a stage. Those that failed before it count nowhere in it; left are running too.

    `per_s` and `left_s` (videos per second, and seconds until all are done, as it goes now) are 0
    while they are not known.
    """

    stage: str
    done: int
    failed: int
    left: int
    running: int = 0
    waiting: int = 0
    per_s: float = 0.0
    left_s: float = 0.0


def progress_of_video(study: Path, video: str) -> VideoProgress:
    """How far one video is. A video with an account is through, whatever was deleted since."""
    folder = study / VIDEOS / video
    there = times_in(folder)
    made_s = {stage: there[name] for stage, name in STAGES.items() if name in there}
    done = frozenset(stage for stage, name in STAGES.items() if name in there)
    try:
        failure = _account_or_failure(folder, there)
    except SuperAnimalError as error:
        return VideoProgress(video, done, DAMAGED, "", str(error), made_s)
    if failure is None:
        return VideoProgress(video, done, made_s=made_s)
    if failure.get("status", "failed") != "failed":
        return VideoProgress(video, frozenset(STAGES), failure["status"], made_s=made_s)
    return _failed(video, failure, made_s)


def _account_or_failure(folder: Path, there: Container[str]) -> dict | None:
    """A video's account, else the failure that its last table stands for, if it does.

    SuperAnimalError where they cannot be read.
    """
    if ACCOUNT in there:
        return read_account(folder / ACCOUNT)
    last = next((name for name in reversed(STAGES.values()) if name in there), None)
    return _failure(folder / last) if last else None


def count_stages(
    videos: Iterable[VideoProgress],
    stages: Iterable[str],
    running: Sequence[RunningJob] = (),
    since_s: float = float("inf"),
) -> list[StageCount]:
    """For each stage, in the chain's order: videos that are done, failed in it, and are left.

    `running` are the jobs of the run that goes on, and `since_s` is when that began.
    """
    all_videos, counts = list(videos), []
    failed_before = 0
    for stage in stages:
        done = [video for video in all_videos if stage in video.done]
        failed = sum(video.stage == stage for video in all_videos)
        left = len(all_videos) - len(done) - failed - failed_before
        failed_before += failed
        own = [job for job in running if SAME_STAGE.get(job.rule, job.rule) == stage]
        begun = [job for job in own if job.said_s is not None]
        made_s = [video.made_s[stage] for video in done if stage in video.made_s]
        per_s = videos_per_s(made_s, begun, since_s, time.time())
        still = max(left - sum(job.part for job in begun), 0.0)
        left_s = still / per_s if per_s else 0.0
        waiting = len(own) - len(begun)
        counts.append(
            StageCount(stage, len(done), failed, left, len(begun), waiting, per_s, left_s)
        )
    return counts


def videos_per_s(
    made_s: Iterable[float], running: Iterable[RunningJob], since_s: float, now_s: float
) -> float:
    """How many videos of a stage are done in a second, as it goes now; 0 where nobody knows.

    By the videos that this run has made within the last hour, from the first of them on (the time
    of that one itself is not known); while they are few, by what the running jobs say.
    """
    lately = sorted(s for s in made_s if s > max(since_s, now_s - LATELY_S))
    if len(lately) < FEW:
        return sum(job.per_s for job in running)
    return (len(lately) - 1) / max(now_s - lately[0], 1e-9)


def times_in(folder: Path) -> dict[str, float]:
    """What lies in a folder, and when it was written; nothing where there is no folder."""
    times: dict[str, float] = {}
    if not folder.is_dir():
        return times
    for entry in os.scandir(folder):
        with suppress(FileNotFoundError):  # a job has given it its last name meanwhile
            times[entry.name] = entry.stat().st_mtime
    return times


def read_account(path: Path) -> dict:
    """quality.json of a video. SuperAnimalError when it is none."""
    try:
        account = account_in(path.read_bytes())
        if isinstance(account, dict) and {"status", "stage", "reason"} <= account.keys():
            return account
    except (OSError, ValueError, AttributeError):
        pass
    raise SuperAnimalError(f"{path}: {UNREADABLE}")


def _failed(video: str, failure: dict, made_s: Mapping[str, float]) -> VideoProgress:
    """A video that failed: what lies there for later stages only stands for the failure."""
    said = SAME_STAGE.get(failure["stage"], failure["stage"])
    stage = said if said in STAGES else next(iter(STAGES))
    before = frozenset(list(STAGES)[: list(STAGES).index(stage)])
    return VideoProgress(video, before, "failed", stage, failure["reason"], made_s)


def _failure(path: Path) -> dict | None:
    """The stage and reason of what stands for a failed video; None where it is a result.

    SuperAnimalError where it cannot be read.
    """
    if path.is_dir():
        mark = path / FAILURE_FILE
        try:
            return json.loads(mark.read_bytes())["failure"] if mark.is_file() else None
        except (ValueError, KeyError):
            raise SuperAnimalError(f"{mark}: {UNREADABLE}") from None
    if path.stat().st_size > STAND_IN_BYTES:
        return None
    return read_record(path).get("failure")
