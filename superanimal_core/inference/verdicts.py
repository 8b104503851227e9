"""Whether an adapted network is kept: what held-out frames, and who else saw them, say of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.evaluation.stability import dropped_keypoints
from superanimal_core.inference.keypoint_complaints import is_told, keypoint_complaints
from superanimal_core.inference.witnesses import Evidence, Witness, hear_witness
from superanimal_core.pose.members import middle_poses
from superanimal_core.pose.poses import Poses

UNKNOWN = float("nan")
SILENCE = Evidence(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, [])


@dataclass(frozen=True)
class Verdict:
    """Whether the adapted network is kept, and the figures that decided; NaN where nothing says.

    Ratios are after / before on held-out frames: jitter (mean displacement from frame to frame),
    dropped keypoints (`stability.dropped_keypoints`), and the displacement of confident keypoints
    by the adaptation over the jitter before. The next ones are those of `witnesses.Evidence`. One
    that `is_tried` not was seen in advance to gain nothing, or to have nothing to learn from. The
    training took so many `steps`, and was `ended_by` what `History` says.
    """

    is_kept: bool
    reason: str
    jitter_ratio: float = UNKNOWN
    dropped_before: float = UNKNOWN
    dropped_after: float = UNKNOWN
    displacement_ratio: float = UNKNOWN
    vouched_fraction: float = UNKNOWN
    astray_fraction: float = UNKNOWN
    distance_ratio: float = UNKNOWN
    bone_ratio: float = UNKNOWN
    response: float = UNKNOWN
    vouched_after_fraction: float = UNKNOWN
    is_tried: bool = True
    steps: int = 0
    ended_by: str = ""


def judge_adaptation(
    before: Poses,
    after: Poses,
    is_taught: Bool[ndarray, "keypoint"],
    *,
    frame: Int[ndarray, "frame"],
    witness: Witness | None,
    min_score: float,
    max_jitter_ratio: float,
    max_displacement_ratio: float,
) -> Verdict:
    """Keep the adapted network unless it jitters more, drops more or wanders off, in any keypoint.

    Both poses are of the same held-out frames, whose numbers are `frame`, of a network that was
    taught the keypoints where `is_taught`. What cannot be measured, a position that is no number,
    and any complaint of the `witness`, speaks against the network. Where nobody vouches for what
    was said before, it does not say how far keypoints may move; what others say afterwards does.
    """
    heard = hear_witness(before, after, is_taught, witness) if witness else SILENCE
    is_known = [np.isfinite(p.xy_px).all(axis=3) for p in (before, after)]
    sure = [k & (p.score >= min_score) for k, p in zip(is_known, (before, after), strict=True)]
    both = sure[0] & sure[1]
    pairs = both[1:] & both[:-1] & (np.diff(frame) == 1)[:, None, None]
    jitter_before = _mean_step(before.xy_px, pairs)
    jitter = _mean_step(after.xy_px, pairs) / max(jitter_before, 1e-9)
    moved = np.linalg.norm(after.xy_px - before.xy_px, axis=-1)[both]
    displacement = float(np.median(moved)) / max(jitter_before, 1e-9) if both.any() else np.inf
    dropped = [
        float(dropped_keypoints(p.xy_px, p.score, is_taught, min_score=min_score).mean())
        for p in (before, after)
    ]
    complaints = []
    if jitter > max_jitter_ratio:
        complaints.append(f"jitter grew to {jitter:.2f} of what it was")
    is_absent = ~is_known[1] & (after.score == 0)  # out of view, which counts as dropped
    lost = int((is_known[0] & ~is_absent & ~(is_known[1] & np.isfinite(after.score))).sum())
    if lost:
        complaints.append(f"{lost} keypoints have no position or score any more")
    if witness and heard.is_by_afterwards:
        complaints += keypoint_complaints(before, after, both, frame, None)
        limits = min_score, max_displacement_ratio
        complaints += _beside_others(witness.others_after, after, sure[1], frame, *limits)
    else:
        if not both.any():
            complaints.append(f"no keypoint has a score of {min_score} before and after")
        elif np.isnan(jitter):
            complaints.append(
                "jitter cannot be measured, no keypoint is sure in two frames in a row"
            )
        elif displacement > max_displacement_ratio:
            complaints.append(f"keypoints moved by {displacement:.1f} times the jitter")
        complaints += keypoint_complaints(before, after, both, frame, max_displacement_ratio)
    if dropped[1] > dropped[0] + 0.5:
        complaints.append(f"{dropped[1]:.1f} keypoints per frame dropped, {dropped[0]:.1f} before")
    complaints += heard.complaints
    kept = f"jitter {jitter:.2f} of what it was, {dropped[1]:.1f} keypoints dropped per frame"
    return Verdict(
        not complaints,
        "; ".join(complaints) or kept,
        jitter_ratio=jitter,
        dropped_before=dropped[0],
        dropped_after=dropped[1],
        displacement_ratio=displacement,
        vouched_fraction=heard.vouched_fraction,
        astray_fraction=heard.astray_fraction,
        distance_ratio=heard.distance_ratio,
        bone_ratio=heard.bone_ratio,
        response=heard.response,
        vouched_after_fraction=heard.vouched_after_fraction,
    )


def _beside_others(
    others: Sequence[Poses],
    after: Poses,
    is_sure: Bool[ndarray, "frame individual keypoint"],
    frame: Int[ndarray, "frame"],
    min_score: float,
    max_displacement_ratio: float,
) -> list[str]:
    """Complaints about a network that is far from what the others say afterwards."""
    middle = middle_poses(others)
    both = is_sure & np.isfinite(middle.xy_px).all(axis=3) & (middle.score >= min_score)
    found = keypoint_complaints(middle, after, both, frame, max_displacement_ratio)
    if not is_told(both).any():
        found = ["too little is sure to be compared", *found]
    return [f"beside the others afterwards, {complaint}" for complaint in found]


def _mean_step(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    pairs: Bool[ndarray, "step individual keypoint"],
) -> float:
    """Mean displacement (px) from frame to frame over the chosen pairs of positions."""
    steps = np.linalg.norm(np.diff(xy_px, axis=0), axis=-1)[pairs]
    return float(steps.mean()) if len(steps) else np.nan
