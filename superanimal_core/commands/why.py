"""Why a video is flagged or failed: the sentences, the figures, and the settings that decide.

    superanimal why ~/my-study m1_day1

All of it stands in results/videos/VIDEO/quality.json. A limit is the one that the account was made
with; to change it, write the setting into config/config.yaml and run again.
"""

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from superanimal_core.commands.progress import (
    ACCOUNT,
    DAMAGED,
    REFUSED,
    VIDEOS,
    VideoProgress,
    progress_of_video,
    read_account,
)
from superanimal_core.commands.status import read_settings_and_videos
from superanimal_core.commands.study_folder import checked_study, to_do_again, to_type
from superanimal_core.errors import SuperAnimalError
from superanimal_core.evaluation.absences import Absence
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.study.video_stages import STAGES

SHOWN = 10
ERRORS = "expected_error_of_size", "held_out_error_of_size"
LIMITS = {  # figure: its limit in the account, the setting, what the figure is
    "absent_fraction": (
        "max_absent_fraction",
        "quality.max_absent_fraction",
        "part of the frames without a pose",
    ),
    "dropped_fraction": (
        "max_dropped_fraction",
        "quality.max_dropped_fraction",
        "part of the taught keypoints below quality.min_score",
    ),
    "expected_error_of_size": (
        "max_expected_error",
        "quality.max_expected_error",
        "median expected error, in parts of the animal's size",
    ),
    "held_out_error_of_size": (
        "max_expected_error",
        "quality.max_expected_error",
        "median error on held-out labels that calibrate nothing",
    ),
    "extrapolated_fraction": (
        "max_extrapolated_fraction",
        "quality.max_extrapolated_fraction",
        "part of the frames unlike all labels",
    ),
    "longest_gap_s": (
        "max_gap_s",
        "smoothing.eks.max_gap_s",
        "longest gap without a pose, s",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `why`."""
    parser.add_argument("study", help="the study's folder")
    parser.add_argument("video", help="the video's name, as in the tables and the report")


def run(options: argparse.Namespace) -> None:
    """Print the account, after what has become of the video since.

    SuperAnimalError for a video that the study does not have, or of which a file cannot be read.
    """
    study = checked_study(options.study)
    progress = progress_of_video(study, options.video)
    if progress.status in (DAMAGED, REFUSED):
        raise SuperAnimalError(progress.reason)
    path = study / VIDEOS / options.video / ACCOUNT
    if not path.is_file():
        print(*told_of_unfinished(study, options.video, progress), sep="\n")
        return
    account = told(read_account(path))
    if progress.since:
        print(*told_since(study, progress), "", *account, sep="\n")
        return
    again = again_lines(study, progress) if progress.status == "failed" else []
    print(*account, *again, sep="\n")


def told_since(study: Path, progress: VideoProgress) -> list[str]:
    """What has become of a video since its account was made, and how it goes on."""
    if progress.status == "failed":
        return [*failed_lines(study, progress), "", "Its account is of before that, and was:"]
    return [
        f"{progress.video}: to be made again: {progress.since}. "
        f"Go on with: {to_type('run', study)}",
        "Its account is of before that, and was:",
    ]


def failed_lines(study: Path, progress: VideoProgress) -> list[str]:
    """Of a failed video: where it failed, why, and what does it again."""
    told = f"  {progress.stage}: {progress.reason}"
    return [f"{progress.video}: failed", told, *again_lines(study, progress)]


def again_lines(study: Path, failed: VideoProgress) -> list[str]:
    """What does a failed video again."""
    return [f"Once the cause is removed: {to_do_again(study, failed.failure)}"]


def told(account: Mapping[str, Any]) -> list[str]:
    """What an account says: status, reasons, the figures that have limits, adaptation, absences."""
    lines = [f"{account['video']} ({account.get('file', '')}): {account['status']}"]
    if account["status"] == "failed":
        return [*lines, f"  {account['stage']}: {account['reason']}"]
    lines += [f"  {number}. {flag}" for number, flag in enumerate(account["flags"], start=1)]
    if not account["flags"]:
        errors = [account["figures"].get(figure) for figure in ERRORS]
        is_known = any(error is not None and not math.isnan(error) for error in errors)
        unknown = "" if is_known else "; how large its errors are, no labels tell"
        lines.append(f"  nothing speaks against it{unknown}")
    lines += [f"  remark: {remark}" for remark in account.get("remarks", [])]
    limits = account.get("made_by", {}).get("settings", {}).get("quality", {})
    lines += ["", "What has a limit (! where it is passed):"]
    lines += limit_rows(account["figures"], limits)
    lines += absence_rows(account.get("absences", []))
    smoothed_by = account.get("smoother")
    lines += [f"Keypoints by what smoothed them: {smoothed_by}"] if smoothed_by else []
    return [*lines, *(_verdict(each) for each in account.get("adaptation", []))]


def limit_rows(figures: Mapping[str, Any], limits: Mapping[str, Any]) -> list[str]:
    """For each figure with a limit: what it is, its value, the limit, the setting that decides."""
    rows = []
    for figure, (key, setting, meaning) in LIMITS.items():
        value, limit = figures.get(figure), limits.get(key)
        if value is not None and limit is not None:
            shown = "not known" if math.isnan(value) else f"{value:.3g}"
            mark = "!" if value > limit else " "  # nothing is greater than NaN
            rows.append(f"{mark} {meaning:54} {shown:>9}  limit {limit:<6g} {setting}")
    if "keypoints_seen" in figures and "min_score" in limits:
        mark = " " if figures["keypoints_seen"] else "!"
        what = f"keypoints with a score above {limits['min_score']:g}"
        rows.append(
            f"{mark} {what:54} {figures['keypoints_seen']:9}  limit 1      quality.min_score"
        )
    return rows


def absence_rows(absences: Sequence[Absence]) -> list[str]:
    """The stretches without a pose, the longest first, ten at most."""
    longest = sorted(absences, key=lambda absence: -absence["frames"])[:SHOWN]
    rows = [f"  {a['first_s']:.2f} to {a['last_s']:.2f} s, {a['frames']} frames" for a in longest]
    more = len(absences) - len(longest)
    head = ["Without a pose:"] if rows else []
    return [*head, *rows, *([f"  and {more} shorter ones"] if more else [])]


def told_of_unfinished(study: Path, video: str, progress: VideoProgress) -> list[str]:
    """How far a video without an account is. SuperAnimalError: the study has no such video."""
    _, videos = read_settings_and_videos(study)
    if video not in videos:
        hint = did_you_mean(Path(video).stem, videos)
        raise SuperAnimalError(f"no video '{video}' in the sheet of {study}{hint}")
    if progress.status == "failed":
        return failed_lines(study, progress)
    done = ", ".join(stage for stage in STAGES if stage in progress.done) or "nothing"
    return [f"{video}: not finished; done: {done}. Go on with: {to_type('run', study)}"]


def _verdict(verdict: Mapping[str, Any]) -> str:
    tried = "rolled back" if verdict.get("is_tried", True) else "not tried"
    kept = "kept" if verdict.get("is_kept") else tried
    return f"Adaptation of {verdict['member']}: {kept}; {verdict.get('reason', '')}".rstrip("; ")
