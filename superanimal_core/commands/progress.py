"""How far each video of a study is, from the files of its results alone: no graph is planned."""

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from superanimal_core.commands.old_accounts import (
    UNREADABLE,
    failure_in,
    failure_since,
    is_mended,
    lost_tables,
    raise_refused,
    stages_without,
)
from superanimal_core.commands.permissions import refused
from superanimal_core.commands.running import RunningJob
from superanimal_core.commands.stages import CHECKED, VIDEOS
from superanimal_core.errors import SuperAnimalError
from superanimal_core.report.cells import listed
from superanimal_core.report.rerun import Failed
from superanimal_core.study.products import ACCOUNT
from superanimal_core.study.video_stages import SAME_STAGE, STAGES
from superanimal_core.tables.accounts import account_in

DAMAGED = "damaged"
REFUSED = "not readable"  # to this user
LATELY_S = 3600.0  # how fast a stage goes on is counted over so long
DATES_S = 1.0  # as exact as some disks keep dates
FEW = 3  # with fewer videos in that time, what the running jobs say of themselves counts


@dataclass(frozen=True)
class VideoProgress:
    """A video: the stages that are done, its status, and where it failed and why, if it did.

    `status` is ok, flagged or failed; '' while there is no account that holds and no failure,
    'damaged' where one of its files cannot be read, and 'not readable' where this user may not read
    it, as `reason` says. `made_s`: when what the stages made was written, by the clock of its disk.
    `since`: what has become of it since the account that it has, '' where that holds.
    """

    video: str
    done: frozenset[str]
    status: str = ""
    stage: str = ""
    reason: str = ""
    made_s: Mapping[str, float] = field(default_factory=dict)
    since: str = ""

    @property
    def failure(self) -> Failed:
        """What tells how a failed video is done again."""
        return self.video, self.stage, self.reason


@dataclass(frozen=True)
class StageCount:
    """Videos of a stage. Those that failed before it count nowhere in it; left are running too.

    `made` counts those that the run that goes on has made. `per_s` and `left_s` (videos per
    second, and seconds until all are done, as it goes now) are 0 while they are not known.
    """

    stage: str
    done: int
    failed: int
    left: int
    running: int = 0
    waiting: int = 0
    per_s: float = 0.0
    left_s: float = 0.0
    made: int = 0


def progress_of_video(study: Path, video: str) -> VideoProgress:
    """How far one video is. One with an account is through while that holds.

    What may be deleted to save space (frames, boxes, predictions, adapted models) is not missed.
    """
    folder, there = study / VIDEOS / video, dict[str, float]()
    try:
        there = times_in(folder)
        return _with_account(folder, there) if ACCOUNT in there else _on_its_way(folder, there)
    except SuperAnimalError as error:
        made_s = _made_s(there)
        return VideoProgress(video, frozenset(made_s), DAMAGED, "", str(error), made_s)
    except PermissionError as error:
        return VideoProgress(video, frozenset(), REFUSED, "", refused(error))
    except OSError as error:  # of a file server, for a moment
        why = f"{folder}: cannot be read now: {error.strerror}; try again"
        return VideoProgress(video, frozenset(), DAMAGED, "", why)


def _with_account(folder: Path, there: Mapping[str, float]) -> VideoProgress:
    """A video with an account, which holds or is of before."""
    account, made_s = read_account(folder / ACCOUNT), _made_s(there)
    has_failed = account["status"] == "failed"
    if failure := failure_since(folder, there, account):
        return replace(_failed(folder.name, failure, made_s), since="it has failed")
    if has_failed and is_mended(folder, there, account):
        made = frozenset(made_s) - {CHECKED}
        done = frozenset(stage for stage in made if not failure_in(folder / STAGES[stage]))
        since = f"{account['stage']}, where it failed, has gone well"
        return VideoProgress(folder.name, done, made_s=made_s, since=since)
    if has_failed:
        return _failed(folder.name, account, made_s)
    lost = lost_tables(there)
    status = "" if lost else account["status"]
    names = [name for of_stage in lost.values() for name in of_stage]
    since = f"{listed(names)} {'is' if len(names) == 1 else 'are'} gone" if lost else ""
    done = stages_without(lost)
    return VideoProgress(folder.name, done, status, made_s=made_s, since=since)


def _on_its_way(folder: Path, there: Mapping[str, float]) -> VideoProgress:
    """A video without an account, which its last table tells to have failed, if it has."""
    made_s = _made_s(there)
    last = next((name for name in reversed(STAGES.values()) if name in there), None)
    if last and (failure := failure_in(folder / last)):
        return _failed(folder.name, failure, made_s)
    return VideoProgress(folder.name, frozenset(made_s), made_s=made_s)


def _made_s(there: Mapping[str, float]) -> dict[str, float]:
    return {stage: there[name] for stage, name in STAGES.items() if name in there}


def count_stages(
    videos: Iterable[VideoProgress],
    stages: Iterable[str],
    running: Sequence[RunningJob] = (),
    since_s: float = float("inf"),
    now_s: float = 0.0,
) -> list[StageCount]:
    """For each stage, in the chain's order: videos that are done, failed in it, and are left.

    `running` are the jobs of the run that goes on, `since_s` is when that began, and `now_s` is
    now, both by the clock of the study's disk.
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
        per_s = videos_per_s(made_s, begun, since_s, now_s)
        still = max(left - sum(job.part for job in begun), 0.0)
        left_s = still / per_s if per_s else 0.0
        waiting = len(own) - len(begun)
        made = sum(s >= since_s for s in made_s)
        counts.append(
            StageCount(stage, len(done), failed, left, len(begun), waiting, per_s, left_s, made)
        )
    return counts


def videos_per_s(
    made_s: Iterable[float], running: Iterable[RunningJob], since_s: float, now_s: float
) -> float:
    """How many videos of a stage are done in a second, as it goes now; 0 where nobody knows.

    By the videos that this run has made within the last hour, from the first of them on (the time
    of that one itself is not known); while they are few, by what the running jobs say. A clock that
    goes behind that of the videos' disk does not make it faster.
    """
    lately = sorted(s for s in made_s if s > max(since_s, now_s - LATELY_S))
    if len(lately) < FEW:
        return sum(job.per_s for job in running)
    return (len(lately) - 1) / max(now_s - lately[0], lately[-1] - lately[0], DATES_S)


def times_in(folder: Path) -> dict[str, float]:
    """What lies in a folder, and when it was written; nothing where there is no folder."""
    times: dict[str, float] = {}
    try:
        entries = [*os.scandir(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return times
    for entry in entries:
        with suppress(FileNotFoundError):  # a job has given it its last name meanwhile
            times[entry.name] = entry.stat().st_mtime
    return times


def read_account(path: Path) -> dict:
    """quality.json of a video. SuperAnimalError when it is none, PermissionError if not for us."""
    try:
        account = account_in(path.read_bytes())
        if isinstance(account, dict) and {"status", "stage", "reason"} <= account.keys():
            return account
    except OSError as error:
        raise_refused(error, path)
    except (ValueError, AttributeError):
        pass
    raise SuperAnimalError(f"{path}: {UNREADABLE}")


def _failed(video: str, failure: Mapping[str, str], made_s: Mapping[str, float]) -> VideoProgress:
    """A video that failed: what lies there for later stages only stands for the failure."""
    said = SAME_STAGE.get(failure["stage"], failure["stage"])
    stage = said if said in STAGES else next(iter(STAGES))
    before = frozenset(list(STAGES)[: list(STAGES).index(stage)])
    return VideoProgress(video, before, "failed", stage, failure["reason"], made_s)
