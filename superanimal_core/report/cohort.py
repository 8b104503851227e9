"""The videos of the study together: how many went well, which failed and why, their quality."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from superanimal_core.report.cells import ABSENT, Table, counted, number
from superanimal_core.report.rerun import rerun_arguments
from superanimal_core.report.results import Row

STATUSES = ("failed", "flagged", "ok")
TABLE_ROWS = 50
NOT_SHOWN = ("truth", "camera_file")  # columns of the sheet that are paths for the workflow


def worst_first(videos: Sequence[Row]) -> list[Row]:
    """Failed before flagged before ok; then by frames without a pose, then by low score."""

    def badness(video: Row) -> tuple[int, float, float]:
        absent, score = video.get("absent_fraction") or 0.0, video.get("mean_score") or 0.0
        return STATUSES.index(video["status"]), -absent, score

    return sorted(videos, key=badness)


def videos_to_show(videos: Sequence[Row], limit: int) -> list[str]:
    """Names of the videos to look at closely: at most half of them the worst flagged, then ok."""
    flagged = [v["video"] for v in worst_first(videos) if v["status"] == "flagged"]
    good = [v["video"] for v in videos if v["status"] == "ok"]
    first = flagged[: max((limit + 1) // 2, limit - len(good))]
    return first + good[: limit - len(first)]


def count_statuses(videos: Sequence[Row]) -> dict[str, int]:
    """How many videos are ok, flagged, failed."""
    counts = Counter(video["status"] for video in videos)
    return {status: counts[status] for status in reversed(STATUSES)}


def frame_account(videos: Sequence[Row]) -> str:
    """One sentence about the frames of all videos that did not fail."""
    usable = [v for v in videos if v["status"] != "failed"]
    if not usable:
        return "No video could be processed."
    decoded = sum(int(v["frames_decoded"]) for v in usable)
    predicted = sum(int(v["frames_predicted"]) for v in usable)
    minutes = sum(float(v["duration_s"]) for v in usable) / 60
    return (
        f"{counted(decoded, 'frame')} decoded from {counted(len(usable), 'video')} "
        f"({minutes:,.1f} min); {predicted:,} of them have a pose."
    )


def failures(videos: Sequence[Row], snakemake: str) -> dict[str, object]:
    """For each failed video its stage, reason, log, and the command that runs only it again.

    `snakemake` is how the study's folder calls Snakemake with this workflow.
    """
    failed = [video for video in videos if video["status"] == "failed"]
    return {
        "count": len(failed),
        "left_out": max(len(failed) - TABLE_ROWS, 0),
        "stages": Counter(video["stage"] for video in failed).most_common(),
        "videos": [
            {
                **{key: video[key] for key in ("video", "file", "stage", "reason")},
                "log": f"logs/{video['stage']}/{video['video']}*.log",
                "command": rerun_command(video, snakemake),
            }
            for video in failed[:TABLE_ROWS]
        ],
    }


def rerun_command(failed: Row, snakemake: str) -> str:
    """The command that does one failed video again, and what depends on it."""
    arguments = rerun_arguments([(failed["video"], failed["stage"], failed["reason"])])
    return f"{snakemake} --cores all {' '.join(arguments)}"


def quality_table(videos: Sequence[Row], accounts: Mapping[str, Row]) -> Table:
    """Quality of the worst TABLE_ROWS videos, worst first, with the user's own columns."""
    shown = worst_first(videos)[:TABLE_ROWS]
    names = dict.fromkeys(name for v in shown for name in accounts[v["video"]]["columns"])
    own = [name for name in names if name not in NOT_SHOWN]
    columns = (
        ("video", ""),
        ("status", ""),
        *((name, "") for name in own),
        ("frames in file", ""),
        ("decoded", ""),
        ("with pose", ""),
        ("rate", "Hz"),
        ("score", "mean"),
        ("dropped", "keypoints / frame"),
        ("expected error", "median, px"),
        ("adaptation", "kept / rolled back"),
        ("remarks", ""),
    )
    return Table(
        columns,
        [_quality_row(v, accounts[v["video"]], own) for v in shown],
        words=("video", "status", *own, "remarks"),
        kinds=tuple(v["status"] for v in shown),
        left_out=len(videos) - len(shown),
    )


def _quality_row(video: Row, account: Row, own: Sequence[str]) -> tuple[str, ...]:
    get = video.get
    return (
        video["video"],
        video["status"],
        *(account["columns"].get(name, "") for name in own),
        number(get("container_frames") or None, 0),
        number(get("frames_decoded"), 0),
        number(get("frames_predicted"), 0),
        number(get("fps"), 1),
        number(get("mean_score"), 2),
        number(get("dropped_keypoints_per_frame"), 1),
        number(get("median_expected_error_px"), 1),
        _verdicts(account["adaptation"]),
        f"failed at {video['stage']}" if video["status"] == "failed" else video["reason"],
    )


def _verdicts(verdicts: Sequence[Row]) -> str:
    kept = tried_verdicts(verdicts)
    if verdicts and not kept:
        return "not tried"
    return f"{sum(kept)} / {len(kept) - sum(kept)}" if kept else ABSENT


def tried_verdicts(verdicts: Sequence[Row]) -> list[bool]:
    """Of each network that was adapted whether it was kept; a video that was passed by has none."""
    return [verdict["is_kept"] for verdict in verdicts if verdict.get("is_tried", True)]


def shared_remarks(accounts: Iterable[Row]) -> list[tuple[str, int]]:
    """What the study's settings and labels make of its videos, each with how many it is said of."""
    return Counter(remark for account in accounts for remark in account["remarks"]).most_common()


def figure_ranges(videos: Sequence[Row]) -> Table:
    """Lowest, middle and highest value of each figure over all videos that did not fail."""
    usable = [v for v in videos if v["status"] != "failed"]
    named = (
        ("frames without a pose", "%", "absent_fraction", 100, 1),
        ("mean score", "", "mean_score", 1, 2),
        ("dropped keypoints per frame", "", "dropped_keypoints_per_frame", 1, 1),
        ("jitter of the networks", "px / frame", "jitter_raw_px", 1, 2),
        ("jitter of the smoothed poses", "px / frame", "jitter_px", 1, 2),
        ("median expected error", "px", "median_expected_error_px", 1, 1),
        ("frame rate", "Hz", "fps", 1, 1),
    )
    quantiles = (0, 0.05, 0.5, 0.95, 1)
    rows = []
    for name, unit, column, factor, digits in named:
        values = np.array([v[column] for v in usable if v.get(column) is not None], dtype=float)
        values = values[np.isfinite(values)] * factor
        if len(values):
            found = [number(float(q), digits) for q in np.quantile(values, quantiles)]
            rows.append((name, unit, *found))
    heads = ("figure", "unit", "lowest", "5 %", "median", "95 %", "highest")
    return Table(tuple((head, "") for head in heads), rows, words=("figure", "unit"))
