"""What the report is made of, read from the files of a study.

The page of a study with thousands of videos costs little more than one of three: the quality table
is read whole, three columns of the features of all videos, tables of single videos only for those
that are shown, and poses only for some seconds of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from superanimal_core.errors import VideoError
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.report.cohort_files import (
    Path2d,
    Row,
    read_behavior_times,
    read_paths,
    read_walks_of_videos,
)
from superanimal_core.report.fingerprints import read_networks
from superanimal_core.report.resources import RuleUse, read_sizes, read_uses
from superanimal_core.smoothing.calibration_check import CalibrationCheck
from superanimal_core.tables.accounts import read_quality
from superanimal_core.tables.animal_names import Key
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.tables.calibration_files import read_check
from superanimal_core.tables.classifier_files import EVALUATION
from superanimal_core.tables.parquet import read_parquet, read_record
from superanimal_core.tables.present_animals import present_animals
from superanimal_core.tables.schemas import expected_error_from_table, smoothed_from_table
from superanimal_core.tables.spaces import read_space
from superanimal_core.tables.video_tables import read_times

Column = list[Any]


@dataclass(frozen=True)
class StudyResults:
    """The results of a whole study.

    `videos` are the rows of the quality table in the order of the sheet, `accounts` the account
    (quality.json) of each, `coverage` the label counts, `evaluation` rows by model, `histories`
    (step, loss) columns by model and member, `truth` rows by video for videos whose truth is known
    and that did not fail, `checks` by model how well its calibration keeps its word and what it
    rests on (None without one); `findings` and `repeats` are rows about doubtful labels and
    pictures, `students` the comparisons of students with their teachers by model, `classifiers` the
    scores of classifiers of behavior and `classified` what they found, by name,
    `groups` the groups of animals compared and `group_warnings` what speaks against it, `transfer`
    the rows of the transfer table (none unless asked for), `unified` the label table of each data
    set; `folder` holds a folder for each video, `stills` pictures of the frames of some, `paths`
    the ways of the animals of some (`read_paths`); `times` are the behaviors of each animal of each
    video summed, `walks` its gait, `seen` the animals that are seen at all (video, individual),
    `uses` and `sizes` what the study cost, `networks` the weights of each network.
    """

    videos: list[Row]
    accounts: dict[str, Row]
    coverage: list[Row]
    evaluation: dict[str, list[Row]]
    histories: dict[str, dict[str, dict[str, Column]]]
    terms: dict[str, list[str]]
    students: dict[str, list[Row]]
    classifiers: dict[str, list[Row]]
    classified: dict[str, list[Row]]
    groups: list[Row]
    group_warnings: list[str]
    truth: dict[str, list[Row]]
    checks: dict[str, tuple[CalibrationCheck, dict[str, int]] | None]
    findings: list[Row]
    repeats: list[Row]
    unified: dict[str, str]
    transfer: list[Row]
    stills: dict[str, list[Row]]
    folder: Path
    paths: dict[str, dict[str, Path2d]]
    times: list[Row]
    walks: list[Row]
    seen: list[Key]
    uses: list[RuleUse]
    sizes: dict[str, tuple[int, int]]
    networks: dict[str, tuple[int, str]]


@dataclass(frozen=True)
class VideoResults:
    """The results of one video that did not fail.

    `account` is its quality.json, `span_s` its first and last time stamp, `window_s` the part that
    is shown closely, `poses` the poses within and `expected` their expected error (None when there
    are none); `moved` are pictures (JPEG) of the frames that each network's adaptation moved most;
    the others are rows of its tables.
    """

    account: Row
    span_s: tuple[float, float]
    window_s: tuple[float, float]
    poses: SmoothedPoses | None
    expected: ExpectedError | None
    strides: list[Row]
    walks: list[Row]
    gait: list[Row]
    bouts: list[Row]
    moved: dict[str, bytes]


def read_results(inputs: Mapping[str, Any], mapped: Iterable[str]) -> StudyResults:
    """Read the tables of a study.

    `inputs`: quality, bouts, features, walks, coverage, repeats (paths), evaluation, calibration,
    truth, unified, audits, classified (lists of paths), transfer, groups (a path, or nothing),
    members, classifiers (folders), laid out as in the results folder. Of `mapped` videos the ways
    are read.
    """
    quality = Path(inputs["quality"])
    results = quality.parent.parent
    videos, folder = _rows(quality), results / "videos"
    usable = {video["video"] for video in videos if video["status"] != "failed"}
    accounts = read_quality([folder / row["video"] / "quality.json" for row in videos])
    return StudyResults(
        videos=videos,
        accounts={account["video"]: account for account in accounts},
        coverage=read_parquet(inputs["coverage"]).to_pylist(),
        evaluation={Path(p).parent.name: _rows(p) for p in inputs["evaluation"]},
        histories=_read_histories(inputs["members"]),
        terms=_read_terms(inputs["members"]),
        students={Path(p).parent.name: _rows(p) for p in inputs["students"]},
        classifiers={Path(p).name: _rows(Path(p) / EVALUATION) for p in inputs["classifiers"]},
        classified={Path(p).stem.removesuffix("-videos"): _rows(p) for p in inputs["classified"]},
        groups=_rows(inputs["groups"]) if inputs["groups"] else [],
        group_warnings=read_record(inputs["groups"])["warnings"] if inputs["groups"] else [],
        truth=rows_by_video(inputs["truth"]),
        checks={Path(p).parent.name: read_check(p) for p in inputs["calibration"]},
        findings=[row for path in inputs["audits"] for row in _rows(path)],
        repeats=_rows(inputs["repeats"]),
        transfer=_rows(inputs["transfer"]) if inputs["transfer"] else [],
        unified={Path(path).parent.name: str(path) for path in inputs["unified"]},
        stills=rows_by_video(inputs["stills"]),
        folder=folder,
        paths=read_paths(folder, [video for video in mapped if video in usable]),
        times=read_behavior_times(inputs["bouts"]),
        walks=read_walks_of_videos(inputs["walks"]),
        seen=list(present_animals(inputs["features"])),
        uses=read_uses(results.parent),
        sizes=read_sizes(results),
        networks=read_networks(inputs["members"]),
    )


def rows_by_video(paths: Sequence[str | Path]) -> dict[str, list[Row]]:
    """Rows of a table by video, in the order of the paths; a video that failed has none."""
    found: dict[str, list[Row]] = {}
    for path in paths:
        try:
            found[Path(path).parent.name] = _rows(path)
        except VideoError:  # the failure stands in the quality table, which the page shows
            continue
    return found


def read_video(results: StudyResults, video: str, seconds: float) -> VideoResults:
    """The results of a video; poses of so many seconds, from its first stride if it has any."""
    place = results.folder / video
    times = read_times(place / "frames.parquet")
    strides = _rows(place / "strides.parquet")
    span_s = float(times[0]), float(times[-1])
    start_s = min((stride["strike_s"] for stride in strides), default=span_s[0])
    start_s = max(span_s[0], min(start_s, span_s[1] - seconds))
    window_s = start_s, min(start_s + seconds, span_s[1])
    poses, expected = _read_poses_between(place / "poses.parquet", *window_s)
    return VideoResults(
        account=results.accounts[video],
        span_s=span_s,
        window_s=window_s,
        poses=poses,
        expected=expected,
        strides=strides,
        walks=_rows(place / "walks.parquet"),
        gait=_rows(place / "gait.parquet"),
        bouts=_rows(place / "bouts.parquet"),
        moved={path.stem: path.read_bytes() for path in sorted((place / "adapted").glob("*.jpg"))},
    )


def _rows(path: str | Path) -> list[Row]:
    return read_parquet(path).to_pylist()


def _read_histories(members: Sequence[str]) -> dict[str, dict[str, dict[str, Column]]]:
    histories: dict[str, dict[str, dict[str, Column]]] = {}
    for member in map(Path, members):
        history = read_parquet(member / "history.parquet").to_pydict()
        histories.setdefault(member.parent.name, {})[member.name] = history
    return histories


def _read_terms(members: Sequence[str]) -> dict[str, list[str]]:
    """By model: conditions that come with weights of others, which it was made from."""
    terms: dict[str, list[str]] = {}
    for member in map(Path, members):
        own = terms.setdefault(member.parent.name, [])
        own += [t for t in read_description(member).get("terms", ()) if t not in own]
    return terms


def _read_poses_between(
    path: Path, start_s: float, stop_s: float
) -> tuple[SmoothedPoses, ExpectedError] | tuple[None, None]:
    """Poses from start to stop and their expected error; row groups outside are not read."""
    inside = [("time_s", ">=", start_s), ("time_s", "<=", stop_s)]
    table: pa.Table = pq.read_table(path, filters=inside)
    if not len(table):
        return None, None
    space = read_space(path)
    return smoothed_from_table(table, space), expected_error_from_table(table, space)
