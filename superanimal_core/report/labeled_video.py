"""Poses drawn into the frames of a video, with a caption that says what is seen.

One part of the video is in memory, however long it is; frames are decoded by a thread of their own
while others are drawn.
"""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray

from superanimal_core.media.stretches import read_stretch
from superanimal_core.network.ahead import ahead
from superanimal_core.pose.poses import Poses
from superanimal_core.report.caption import Caption, caption
from superanimal_core.report.clips import Part
from superanimal_core.report.drawn_animals import Animal, Look, draw_animals, look_of
from superanimal_core.report.film import Film
from superanimal_core.report.legend import legend_of
from superanimal_core.report.marks import Image
from superanimal_core.tables.pose_files import read_in_chunks

MIN_SIDE_PX = 480  # smaller videos are enlarged, so that marks do not cover the animal
FRAMES_AHEAD = 3
Drawn = UInt8[ndarray, "rows columns 3"]


@dataclass(frozen=True)
class Seen:
    """The animals of one frame, in pixels of the video; `trail_px` is where they were."""

    number: int
    xy_px: Float[ndarray, "individual keypoint 2"]
    radius_90_px: Float[ndarray, "individual keypoint"]
    is_extrapolated: Bool[ndarray, "individual"]
    trail_px: Float[ndarray, "time individual 2"]


@dataclass(frozen=True)
class Sheet:
    """What all pictures of a video are drawn on."""

    look: Look
    caption: Caption


def labeled_frames(film: Film, parts: Sequence[Part]) -> Iterator[tuple[Drawn, float]]:
    """Parts of a video, one after the other, with what is drawn into them and below.

    With each picture comes the time (s) at which it is shown. Videos whose shorter side is below
    MIN_SIDE_PX are enlarged; the caption adds to the height.
    """
    begin_s, step_s = 0.0, 1 / (film.fps if np.isfinite(film.fps) else 1.0)
    sheet: Sheet | None = None
    for part in parts:
        now_s = begin_s
        poses = seen_in(film, part)
        frames = read_stretch(film.video, part.start, part.stop, film.stamp_s)
        for number, image in ahead(frames, FRAMES_AHEAD):
            seen = next((one for one in poses if one.number == number), None)
            if seen is None:
                break
            sheet = sheet or _sheet(film, image)
            now_s = begin_s + float(film.time_s[number] - film.time_s[part.start])
            yield _drawn(film, sheet, seen, image, part.title), now_s
        begin_s = now_s + step_s


def seen_in(film: Film, part: Part) -> Iterator[Seen]:
    """The animals of all frames of a part; trails reach back before it."""
    begin_s = film.time_s[part.start] - film.shown.trail_s
    number = int(np.searchsorted(film.time_s, begin_s))
    trail: deque[tuple[float, Float[ndarray, "individual 2"]]] = deque()
    for smoothed, expected in read_in_chunks(film.poses, number, part.stop):
        poses = smoothed.poses
        xy_px = np.where((poses.score >= film.min_score)[..., None], poses.xy_px, np.nan)
        ways_px = _ways(film, xy_px)
        for i, now_s in enumerate(poses.time_s.tolist()):
            trail.append((now_s, ways_px[i]))
            while trail[0][0] < now_s - film.shown.trail_s:
                trail.popleft()
            if number >= part.start:
                way_px = np.stack([xy for _, xy in trail])
                radius_px, strange = expected.radius_90_px[i], expected.is_extrapolated[i]
                yield Seen(number, xy_px[i], radius_px, strange, way_px)
            number += 1


def _ways(
    film: Film, xy_px: Float[ndarray, "frame individual keypoint 2"]
) -> Float[ndarray, "frame individual 2"]:
    """Where the keypoint is whose trail is drawn; NaN without one."""
    if film.trail is None:
        return np.full((*xy_px.shape[:2], 2), np.nan)
    return xy_px[:, :, film.space.index(film.trail)]


def frame_line(title: str, number: int, time_s: float, extrapolated: Sequence[str] | None) -> str:
    """What a frame is shown for, its number and time, and who in it is unlike anything labeled.

    `extrapolated` are the names of these animals; None: the only animal is.
    """
    words = [title, f"frame {number}", f"{time_s:.2f} s"]
    if extrapolated is None:
        words.append("extrapolated")
    elif extrapolated:
        words.append(f"extrapolated: {', '.join(extrapolated)}")
    return "   ".join(filter(None, words))


def draw_poses(
    image: Image,
    poses: Poses,
    boxes_xyxy_px: Float[ndarray, "individual 4"],
    taught: Collection[str],
    *,
    min_score: float,
) -> Drawn:
    """A picture with the poses of its only frame; keypoints below the score are left out."""
    drawn, zoom = _enlarged(image, below=0)
    look = look_of(poses.space, taught, len(poses.individuals), zoom * min(image.shape[:2]))
    xy_px = np.where((poses.score[0] >= min_score)[..., None], poses.xy_px[0], np.nan)
    nothing = np.full(len(poses.space), np.nan)
    way = np.full((0, 2), np.nan)
    animals = [
        Animal(zoom * xy, nothing, False, zoom * box, way, [], "")
        for xy, box in zip(xy_px, boxes_xyxy_px, strict=True)
    ]
    draw_animals(drawn, animals, look)
    return drawn


def _sheet(film: Film, image: Image) -> Sheet:
    zoom, individuals = _zoom(image), len(film.names)
    look = look_of(film.space, film.taught, individuals, zoom * min(image.shape[:2]))
    lines = 2 if individuals == 1 and (film.shown.names or film.shown.behaviors) else 1
    below = caption(zoom * image.shape[1], lines, legend_of(film, look), look)
    return Sheet(look, below)


def _drawn(film: Film, sheet: Sheet, seen: Seen, image: Image, title: str) -> Drawn:
    canvas, zoom = _enlarged(image, below=sheet.caption.height)
    time_s, shown, is_lone = float(film.time_s[seen.number]), film.shown, len(film.names) == 1
    labels = [_label(film, i, time_s) for i in range(len(film.names))]
    animals = []
    for i, label in enumerate(labels):
        box = film.boxes_xyxy_px[seen.number, i] * zoom
        radius_px = seen.radius_90_px[i] * zoom
        standing = film.stands[i].at(time_s) if shown.footfalls else []
        animals.append(
            Animal(
                xy_px=seen.xy_px[i] * zoom,
                radius_90_px=radius_px if shown.circles else np.full_like(radius_px, np.nan),
                is_extrapolated=bool(seen.is_extrapolated[i]),
                box_xyxy_px=box if shown.boxes else np.full(4, np.nan),
                trail_px=seen.trail_px[:, i] * zoom,
                stands=[k for k, name in enumerate(film.space.keypoints) if name in standing],
                label="" if is_lone else label,
            )
        )
    height = canvas.shape[0] - sheet.caption.height
    draw_animals(canvas[:height], animals, sheet.look)
    strange = [film.names[i] for i in np.flatnonzero(seen.is_extrapolated).tolist()]
    first = frame_line(title, seen.number, time_s, None if strange and is_lone else strange)
    sheet.caption.draw_into(canvas[height:], [first, *(labels if is_lone else [])])
    return canvas


def _label(film: Film, individual: int, time_s: float) -> str:
    """An animal's name and what it does."""
    doing = film.does[individual].at(time_s) if film.shown.behaviors else []
    name = film.names[individual] if film.shown.names else ""
    return ": ".join(filter(None, [name, ", ".join(doing)]))


def _enlarged(image: Image, below: int) -> tuple[Drawn, int]:
    """A copy of a picture, enlarged where it is small, with more rows below; by how much."""
    zoom = _zoom(image)
    height, width = (zoom * side for side in image.shape[:2])
    canvas = np.empty((height + below, width, 3), np.uint8)
    if zoom == 1:
        canvas[:height] = image
    else:
        cv2.resize(image, (width, height), dst=canvas[:height], interpolation=cv2.INTER_LINEAR)
    return canvas, zoom


def _zoom(image: Image) -> int:
    return max(1, -(-MIN_SIDE_PX // min(image.shape[:2])))
