"""Suspected mistakes in labels, each as a finding with image and reason. Nothing is changed.

A label is compared with its image (points outside), with its own box, with the other animals of the
set (lengths of bones, sides of the body: `swapped_sides`), and with other images (the same labels
twice: a frame that two sets share leaks from training into test).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.swapped_sides import side_consensus, side_evidence
from superanimal_core.pose.boxes import boxes_from_keypoints
from superanimal_core.pose.labels import Labels

FEWEST_POINTS = 3  # two animals that share fewer positions may do so by chance
FEWEST_ANIMALS = 10  # fewer have no consensus on sides
FEWEST_OF_OTHERS = 50  # to judge another set takes more
FEWEST_BONES = 3  # a size cannot be told from fewer


@dataclass(frozen=True)
class Finding:
    """One suspicion: the row of `Labels`, what kind, which keypoints, and a sentence.

    `severity` orders the findings of one kind, the worst having the largest: pixels, parts of a
    box, ratios or evidence, as the sentence says.
    """

    row: int
    kind: str
    keypoints: tuple[str, ...]
    severity: float
    reason: str


def audit_labels(
    labels: Labels,
    of_space: Labels,
    *,
    box_margin: float,
    bone_ratio: float,
    bone_deviations: float,
    min_side_evidence: float,
) -> list[Finding]:
    """All findings in one data set, in order of rows.

    Kinds: outside_image, at_origin, outside_box, box_from_origin, bone_length, swapped_sides,
    sides_unlike_other_sets, repeated_labels. `of_space` are the labels of all data sets in the same
    space. `box_margin`: how far outside its box a point may lie, in box sides. `bone_ratio`: how
    many times longer or shorter than expected a bone must be, and `bone_deviations` how many robust
    standard deviations away. `min_side_evidence`: from 0 to 1, how clearly a pair must lie on the
    wrong sides of the body.
    """
    others = of_space.select(~np.isin(of_space.source, labels.source))
    findings = [
        *_outside_image(labels),
        *_at_origin(labels),
        *_outside_box(labels, box_margin),
        *_box_from_origin(labels),
        *_bone_lengths(labels, bone_ratio, bone_deviations),
        *_swapped_sides(labels, others, min_side_evidence),
        *_repeated_labels(labels),
    ]
    return sorted(findings, key=lambda finding: finding.row)


def _named(
    labels: Labels, is_wrong: Bool[ndarray, "animal keypoint"]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(row, keypoints) of the animals for which something is wrong."""
    for row in np.flatnonzero(is_wrong.any(axis=1)):
        yield int(row), tuple(labels.space.keypoints[k] for k in np.flatnonzero(is_wrong[row]))


def _outside_image(labels: Labels) -> Iterator[Finding]:
    size = labels.image_size_px[:, None, :].astype(np.float64)
    outside_px = _outside(labels.xy_px, np.zeros_like(size), size)
    for row, keypoints in _named(labels, outside_px > 0):
        width, height = labels.image_size_px[row]
        worst = float(outside_px[row].max())
        yield Finding(
            row,
            "outside_image",
            keypoints,
            worst,
            f"{_points(keypoints)} outside the image of {width} x {height}, by up to "
            f"{worst:.0f} px",
        )


def _at_origin(labels: Labels) -> Iterator[Finding]:
    """Points exactly where a written (0, 0) is: the picture's corner, or its first pixel's center.

    Formats that say visible themselves are believed, so this is a suspicion: many programs fill
    what they do not know with zeros.
    """
    with np.errstate(invalid="ignore"):
        is_corner = [(labels.xy_px == place).all(axis=2) for place in (0.0, 0.5)]
    for row, keypoints in _named(labels, is_corner[0] | is_corner[1]):
        reason = f"{_points(keypoints)} exactly at (0, 0); absent points written as zeros?"
        yield Finding(row, "at_origin", keypoints, float(len(keypoints)), reason)


def _outside_box(labels: Labels, margin: float) -> Iterator[Finding]:
    box = labels.box_xyxy_px[:, None, :]
    side = box[..., 2:] - box[..., :2]
    with np.errstate(invalid="ignore", divide="ignore"):
        corner = (labels.xy_px - box[..., :2]) / side  # in sides of the box: 0 to 1 is inside
    outside = _outside(corner, np.zeros_like(side), np.ones_like(side))
    for row, keypoints in _named(labels, outside > margin):
        worst = float(outside[row].max())
        yield Finding(
            row,
            "outside_box",
            keypoints,
            worst,
            f"{_points(keypoints)} outside the animal's box, by up to {worst:.2f} of its side",
        )


def _outside(
    xy: Float[ndarray, "animal keypoint 2"], low: ndarray, high: ndarray
) -> Float[ndarray, "animal keypoint"]:
    """How far points lie outside a rectangle in x or y; 0 inside and where nothing is known."""
    return np.nan_to_num(np.maximum(np.maximum(low - xy, xy - high), 0)).max(axis=2)


def _points(keypoints: tuple[str, ...]) -> str:
    return "1 point lies" if len(keypoints) == 1 else f"{len(keypoints)} points lie"


def _box_from_origin(labels: Labels) -> Iterator[Finding]:
    """Boxes that begin at (0, 0) though no point lies near: missing points counted as (0, 0)."""
    tight = boxes_from_keypoints(labels.xy_px, margin_px=0.0)
    box = labels.box_xyxy_px
    with np.errstate(invalid="ignore"):
        from_origin = (np.abs(box[:, :2]) < 1e-6).all(axis=1)
        is_far = (tight[:, :2] > 0.1 * box[:, 2:]).any(axis=1)
    for row in np.flatnonzero(from_origin & is_far):
        yield Finding(
            int(row),
            "box_from_origin",
            (),
            float(tight[row, :2].max()),
            f"the box begins at (0, 0), the points at ({tight[row, 0]:.0f}, {tight[row, 1]:.0f}): "
            "it was made from missing points, too; make it from the labeled ones",
        )


def _bone_lengths(labels: Labels, ratio: float, deviations: float) -> Iterator[Finding]:
    """Bones that are far longer or shorter than this animal's size lets expect."""
    bones = [(labels.space.index(a), labels.space.index(b)) for a, b in labels.space.bones]
    if len(bones) < FEWEST_BONES or not len(labels):
        return
    first, second = np.array(bones).T
    length = np.linalg.norm(labels.xy_px[:, first] - labels.xy_px[:, second], axis=2)
    relative = relative_bone_lengths(length)
    spread = 1.4826 * _median(np.abs(relative), axis=0)  # of a normal distribution: its sd
    with np.errstate(invalid="ignore"):
        is_odd = np.abs(relative) > np.maximum(np.log(ratio), deviations * spread)
    for row, bone in np.argwhere(is_odd):
        yield Finding(
            int(row),
            "bone_length",
            labels.space.bones[bone],
            float(np.abs(relative[row, bone])),
            f"{'-'.join(labels.space.bones[bone])} is {np.exp(relative[row, bone]):.2g} times as "
            "long as expected for an animal of this size",
        )


def relative_bone_lengths(
    length_px: Float[ndarray, "animal bone"],
) -> Float[ndarray, "animal bone"]:
    """Log of each length over what the animal's size lets expect; 0 = as expected.

    The size of an animal is the median of its bones' lengths over their medians in the set, so one
    wrong bone does not change it. NaN where a bone or a size is unknown.
    """
    with np.errstate(divide="ignore"):
        log_length = np.log(np.where(np.isfinite(length_px), np.maximum(length_px, 1e-3), np.nan))
    typical = np.zeros(length_px.shape[1])
    size = np.zeros((len(length_px), 1))
    for _ in range(5):  # alternate: size of the animals, typical lengths; settles at once
        size = _median(log_length - typical, axis=1)[:, None]
        typical = np.nan_to_num(_median(log_length - size, axis=0))
    is_known = np.isfinite(log_length).sum(axis=1, keepdims=True) >= FEWEST_BONES
    return np.where(is_known, log_length - size - typical, np.nan)


def _median(values: ndarray, axis: int) -> ndarray:
    """Median of what is known, NaN where nothing is."""
    is_known = np.isfinite(values).any(axis=axis)
    filled = np.where(np.expand_dims(is_known, axis), values, 0.0)
    return np.where(is_known, np.nanmedian(filled, axis=axis), np.nan)


def _swapped_sides(labels: Labels, others: Labels, threshold: float) -> Iterator[Finding]:
    """Pairs on the wrong sides by the consensus of the own set (of the others where it is too small
    to have one), and pairs on which the set agrees, but not with the others."""
    own = side_consensus(labels, FEWEST_ANIMALS)
    theirs = side_consensus(others, FEWEST_OF_OTHERS)
    of_own = np.nan_to_num(side_evidence(labels, np.where(np.isnan(own), theirs, own)))
    of_theirs = np.nan_to_num(side_evidence(labels, np.where(np.abs(own) > 0, theirs, 0.0)))
    is_swapped = of_own < -threshold
    kinds = {
        "swapped_sides": (is_swapped, of_own, "lie on the wrong sides of the body"),
        "sides_unlike_other_sets": (
            (of_theirs < -threshold) & ~is_swapped,
            of_theirs,
            "lie on other sides of the body than in the other data sets",
        ),
    }
    for kind, (is_found, evidence, what) in kinds.items():
        for row, pair in np.argwhere(is_found):
            left, right = labels.space.mirror_pairs[pair]
            clear = float(-evidence[row, pair])
            reason = f"{left} and {right} {what} (evidence {clear:.2f} of 1)"
            yield Finding(int(row), kind, (left, right), clear, reason)


def _repeated_labels(labels: Labels) -> Iterator[Finding]:
    """Animals of different pictures whose labeled positions agree to 0.01 px.

    Frames of one video are no pictures in this sense: an animal may sit still.
    """
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    rounded = np.round(np.nan_to_num(labels.xy_px, nan=-1e6), 2)
    for row in np.flatnonzero(labels.is_located.sum(axis=1) >= FEWEST_POINTS):
        rows_of[rounded[row].tobytes()].append(int(row))
    for rows in rows_of.values():
        for row in rows[1:]:
            first = split_frame_name(labels.image[rows[0]])[0]
            if split_frame_name(labels.image[row])[0] != first:
                yield Finding(
                    row,
                    "repeated_labels",
                    (),
                    float(labels.is_located[row].sum()),
                    f"the same positions as in {labels.source[rows[0]]}: {labels.image[rows[0]]}; "
                    "one picture in two places leaks from training into test",
                )
