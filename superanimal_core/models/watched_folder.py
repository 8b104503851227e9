"""What an ensemble says of some stretches of a video, to disk and back: a folder per video.

`member-*.parquet` and `poses.parquet` are as those of a video, of the frames of all stretches one
after the other; `boxes.parquet` has the boxes, `lessons.parquet` what may be taught, `pictures/`
the frames that may be taught, and all frames of the stretch that is held out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.media.images import write_image
from superanimal_core.models.watched_video import Stretch, lessons_of, picture_name
from superanimal_core.pose.labels import Labels, concatenate_labels
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.atomic import replacing
from superanimal_core.tables.lesson_files import write_lessons
from superanimal_core.tables.parquet import (
    raise_failure_in,
    read_parquet,
    read_record,
    write_parquet,
)
from superanimal_core.tables.schemas import poses_to_table, smoothed_from_table, smoothed_to_table
from superanimal_core.tables.spaces import read_space
from superanimal_core.tables.video_tables import boxes_to_table, read_boxes

HELD_OUT = "held_out_frames"


def write_watched(
    stretches: Iterable[Stretch],
    folder: str | Path,
    members: Sequence[str],
    video: str,
    neighbors: int,
    limits: Mapping[str, float],
    record: Mapping[str, Any],
) -> None:
    """Write the stretches as they come; the folder appears whole or not at all.

    `members` are the names of the networks, `limits` those of `lessons_of`.
    """
    tables: dict[str, list[pa.Table]] = {}
    held_out, spoken = [0, 0], {}
    labels: list[Labels] = []
    informative: list[Float[ndarray, "_animal"]] = []
    with replacing(folder) as temporary:
        (temporary / "pictures").mkdir(parents=True)
        for stretch in stretches:
            spoken = {"space": asdict(stretch.smoothed.poses.space)}
            for name, table in _tables_of(stretch, members).items():
                tables.setdefault(name, []).append(table)
            lessons = lessons_of(stretch, video, neighbors, **limits)
            shown = {str(image).partition("/")[2] for image in lessons[0].image}
            rows = np.arange(0 if stretch.is_held_out else len(lessons[0]))
            labels.append(lessons[0].select(rows))
            informative.append(lessons[1][rows])
            if stretch.is_held_out:
                held_out = [stretch.first, stretch.first + len(stretch.images)]
                shown = {picture_name(frame) for frame in range(*held_out)}
            for place, image in enumerate(stretch.images):
                if (name := picture_name(stretch.first + place)) in shown:
                    write_image(image, temporary / name)
        own = {**record, HELD_OUT: held_out, **spoken}
        for name, parts in tables.items():
            whole = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
            write_parquet(whole, temporary / name, own)
        joined = concatenate_labels(labels), np.concatenate(informative)
        write_lessons(*joined, temporary / "lessons.parquet", own)


def _tables_of(stretch: Stretch, members: Sequence[str]) -> dict[str, pa.Table]:
    """What is said of a stretch, by file."""
    scores = np.ones(stretch.boxes_xyxy_px.shape[:2])
    seen = zip(members, stretch.members, strict=True)
    tables = {
        **{name: poses_to_table(poses) for name, poses in seen},
        "poses": smoothed_to_table(stretch.smoothed, stretch.expected),
        "boxes": boxes_to_table(stretch.boxes_xyxy_px, scores, stretch.time_s, scores < 0),
    }
    return {f"{name}.parquet": _shifted(table, stretch.first) for name, table in tables.items()}


def _shifted(table: pa.Table, first: int) -> pa.Table:
    frame = table["frame"].to_numpy() + np.int32(first)
    return table.set_column(table.schema.get_field_index("frame"), "frame", pa.array(frame))


@dataclass(frozen=True)
class HeldOutStretch:
    """Frames that nothing was taught of: names of pictures, boxes, and the smoothed ensemble."""

    pictures: Sequence[str]
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    ensemble: Poses


def read_held_out_stretch(folder: str | Path) -> HeldOutStretch | None:
    """The stretch of a video that is held out; None where it showed no animal.

    VideoError when the folder stands for a failed video.
    """
    raise_failure_in(folder)
    place = Path(folder)
    table = read_parquet(place / "poses.parquet")
    frames = range(*read_record(place / "poses.parquet")[HELD_OUT])
    if not frames:
        return None
    poses = smoothed_from_table(table, read_space(place / "poses.parquet")).poses
    part = np.arange(frames.start, frames.stop)
    names = [str(place / picture_name(frame)) for frame in frames]
    return HeldOutStretch(names, read_boxes(place / "boxes.parquet")[part], poses.at(part))
