"""Who else can say whether an adaptation went right: other networks, bones, shifted crops.

A network that collapsed, or drifts, is calm: its jitter is no evidence. What others saw in the same
frames does not change with it, bones keep their lengths, and a network that looks at the animal
says the same of a crop that lies a little beside.

Of a camera that no label is like, networks may agree on nothing before. What they say afterwards,
of frames that none has learned from, then vouches for an animal if it is one thing and like labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from superanimal_core.inference.keypoint_complaints import is_told, length_px, named
from superanimal_core.pose.boxes import boxes_from_keypoints, longer_side_px
from superanimal_core.pose.members import middle_poses
from superanimal_core.pose.poses import Poses
from superanimal_core.smoothing.bones import strange_bones, usual_bones

ALIKE = 0.1  # of the body's longer side: networks that are so near to each other say the same
VOUCHED_KEYPOINTS = 0.5  # of those that were taught: on so many do networks agree about an animal
VOUCHED_FRAMES = 0.6  # of the held-out frames: in so many an animal is vouched for
ASTRAY = 0.12  # of what networks agreed on: so much may an adapted one say otherwise
FARTHER = 1.5  # times the distance from the others, before
STRANGER = 1.6  # times as unlike the bones of before as that itself; 1.3 where biases change
AMONG_OTHERS = 4.0  # the same where two others say where keypoints are; 3.1 where biases were large
SHIFT = 0.08  # of the box's longer side: by so much lie crops beside
EVERY = 3  # so many frames, one is looked at again
FOLLOWS = 0.5  # of the shift: what goes so far with the crop is not seen in the picture
STAYS = 0.25  # of the shift: what goes no farther is clearly seen
MORE = 1.25  # times as far as before: what is less could be chance


@dataclass(frozen=True)
class Witness:
    """What is known of held-out frames beside what one network says of them.

    `others` are what the other networks said, before any adaptation (none for a network alone);
    `is_strange` where an animal is unlike all labels. `others_after` is what they say when they
    have learned, too, and `is_strange_after` where what all say then is unlike labels; None where
    labels cannot tell. Crops were looked at again that lie beside by
    `shift_px`, NaN where none was; `beside_before_px` and `beside_after_px` are what the network
    says of those.
    """

    others: Sequence[Poses]
    is_strange: Bool[ndarray, "frame individual"]
    shift_px: Float[ndarray, "frame individual 2"]
    beside_before_px: Float[ndarray, "frame individual keypoint 2"]
    beside_after_px: Float[ndarray, "frame individual keypoint 2"]
    others_after: Sequence[Poses] = ()
    is_strange_after: Bool[ndarray, "frame individual"] | None = None


@dataclass(frozen=True)
class Evidence:
    """Figures of the witnesses (NaN where nobody can tell), and what speaks against a network.

    `vouched_fraction`: part of the animals in frames that are vouched for, and the same
    afterwards, `vouched_after_fraction`; `astray_fraction`: part
    of what all networks agreed on that the adapted one says otherwise; `distance_ratio`: mean
    distance from what the others agree on, after / before; `bone_ratio`: how unlike the bones of
    before they are, after / before; `response`: how far keypoints go with a crop, in parts of its
    shift.
    """

    vouched_fraction: float
    astray_fraction: float
    distance_ratio: float
    bone_ratio: float
    response: float
    complaints: list[str]
    vouched_after_fraction: float = float("nan")

    @property
    def is_by_afterwards(self) -> bool:
        """Whether an animal is vouched for only by what networks say afterwards."""
        return self.vouched_fraction < VOUCHED_FRAMES <= self.vouched_after_fraction


def hear_witness(
    before: Poses, after: Poses, is_taught: Bool[ndarray, "keypoint"], witness: Witness
) -> Evidence:
    """What a witness says of a network, before and after its adaptation, in the same frames."""
    body_px = body_side_px([before, *witness.others])
    responses = [
        crop_response(poses.xy_px, beside, witness.shift_px)
        for poses, beside in ((before, witness.beside_before_px), (after, witness.beside_after_px))
    ]
    vouched = vouched_fraction(before, is_taught, witness, responses[0])
    afterwards = _vouched_afterwards(before, after, is_taught, witness)
    astray = _astray_fraction(before, after, witness.others, body_px)
    distance = _distance_ratio(before, after, witness.others, body_px)
    bones = bone_ratio(before, after)
    response_before, response = (_median(each[..., is_taught]) for each in responses)
    complaints = []
    if vouched < VOUCHED_FRAMES and not afterwards >= VOUCHED_FRAMES:
        complaints.append(f"an animal is vouched for in {vouched:.0%} of the frames only")
    if astray > ASTRAY:
        complaints.append(f"{astray:.0%} of what the networks agreed on is said otherwise")
    if distance > FARTHER:
        complaints.append(f"{distance:.2f} times as far from what the other networks agree on")
    if bones > (AMONG_OTHERS if len(witness.others) > 1 else STRANGER):
        complaints.append(f"bones are {bones:.2f} times as unlike what is usual")
    if response > max(FOLLOWS, MORE * response_before):
        complaints.append(f"keypoints go with the crop, by {response:.0%} of its shift")
    complaints += _following_keypoints(before, after, witness)
    return Evidence(vouched, astray, distance, bones, response, complaints, afterwards)


def body_side_px(members: Sequence[Poses]) -> float:
    """Median longer side of the animals, as all networks see them together; NaN where none does."""
    side = longer_side_px(boxes_from_keypoints(middle_poses(members).xy_px, 0.0))
    return _median(side[side > 0])


def agreed_px(
    members: Sequence[Poses], body_px: float
) -> Float[ndarray, "frame individual keypoint 2"]:
    """The median of several networks, where all lie within a tenth of the body of it; else NaN.

    Those that were not taught a keypoint have no say; of one alone that was, nobody agrees.
    """
    middle = middle_poses(members).xy_px
    apart = np.stack([length_px(poses.xy_px - middle) for poses in members])
    is_alike = ~(apart > ALIKE * body_px).any(axis=0) & (np.isfinite(apart).sum(axis=0) > 1)
    return np.where(is_alike[..., None], middle, np.nan)


def is_agreed_on(
    agreed_px: Float[ndarray, "frame individual keypoint 2"], is_taught: Bool[ndarray, "keypoint"]
) -> Bool[ndarray, "frame individual"]:
    """Whether networks agree on half of an animal's keypoints."""
    is_known = np.isfinite(agreed_px[..., 0])[..., is_taught]
    return np.asarray(is_known.mean(axis=-1) >= VOUCHED_KEYPOINTS)


def crops_beside(
    boxes_xyxy_px: Float[ndarray, "frame individual 4"],
) -> tuple[Float[ndarray, "frame individual 4"], Float[ndarray, "frame individual 2"]]:
    """Boxes a little beside, and by how much (px, right and down in turn with left and up).

    Of every EVERY-th frame; NaN in others.
    """
    side_px = longer_side_px(boxes_xyxy_px)
    number = np.arange(len(side_px))
    sign = np.where(number // EVERY % 2, -1.0, 1.0) * np.where(number % EVERY, np.nan, 1.0)
    shift_px = np.repeat((SHIFT * side_px * sign[:, None])[..., None], 2, axis=2)
    return boxes_xyxy_px + np.tile(shift_px, 2), shift_px


def crop_response(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    beside_px: Float[ndarray, "frame individual keypoint 2"],
    shift_px: Float[ndarray, "frame individual 2"],
) -> Float[ndarray, "frame individual keypoint"]:
    """How far keypoints move when the crop is shifted, in parts of the shift; NaN if unknown."""
    size = length_px(shift_px)
    size = np.where(size > 0, size, np.nan)
    return length_px(beside_px - xy_px) / size[..., None]


def crop_following(
    xy_px: Float[ndarray, "frame individual keypoint 2"],
    beside_px: Float[ndarray, "frame individual keypoint 2"],
    shift_px: Float[ndarray, "frame individual 2"],
) -> Float[ndarray, "frame individual keypoint"]:
    """How far keypoints move along the shift of the crop, in parts of it; NaN if unknown.

    1: they go with it. A keypoint that jumps between two places goes anywhere, with it and against.
    """
    along = ((beside_px - xy_px) * shift_px[:, :, None]).sum(axis=-1)
    size2 = np.square(shift_px).sum(axis=-1)
    return along / np.where(size2 > 0, size2, np.nan)[..., None]


def vouched_fraction(
    before: Poses,
    is_taught: Bool[ndarray, "keypoint"],
    witness: Witness,
    response: Float[ndarray, "frame individual keypoint"],
) -> float:
    """Part of the animals, in frames in which they have a pose, that somebody vouches for.

    Several networks agree on half of the keypoints; of one alone, they stay where they are when the
    crop is shifted (where that was looked at). Nobody vouches for what is unlike all labels.
    """
    if witness.others:
        members, is_there = [before, *witness.others], _is_there(before)
        return _agreed_fraction(members, is_taught, witness.is_strange, is_there)
    holds = response[..., is_taught] <= FOLLOWS
    is_vouched = (holds.mean(axis=-1) >= VOUCHED_KEYPOINTS) & ~witness.is_strange
    was_looked_at = np.isfinite(witness.shift_px).all(axis=-1)
    return _part_of(_is_there(before) & was_looked_at, is_vouched)


def _vouched_afterwards(
    before: Poses, after: Poses, is_taught: Bool[ndarray, "keypoint"], witness: Witness
) -> float:
    """The same of what several networks say afterwards; NaN for one, or where labels cannot tell.

    They had one teacher: that they agree counts only together with bones and scores like labels'.
    An animal that has no pose any more is not vouched for.
    """
    if not witness.others_after or witness.is_strange_after is None:
        return float("nan")
    members, is_there = [after, *witness.others_after], _is_there(before) | _is_there(after)
    return _agreed_fraction(members, is_taught, witness.is_strange_after, is_there)


def _agreed_fraction(
    members: Sequence[Poses],
    is_taught: Bool[ndarray, "keypoint"],
    is_strange: Bool[ndarray, "frame individual"],
    is_there: Bool[ndarray, "frame individual"],
) -> float:
    """Part of the animals that are there on which all agree, and that are like labels."""
    is_agreed = is_agreed_on(agreed_px(members, body_side_px(members)), is_taught)
    return _part_of(is_there, _is_there(members[0]) & is_agreed & ~is_strange)


def _is_there(poses: Poses) -> Bool[ndarray, "frame individual"]:
    return np.asarray(np.isfinite(poses.xy_px).all(axis=-1).any(axis=-1))


def _part_of(
    animals: Bool[ndarray, "frame individual"], is_vouched: Bool[ndarray, "frame individual"]
) -> float:
    """The part of these animals that is vouched for; 0 of none."""
    return float(is_vouched[animals].mean()) if animals.any() else 0.0


def bone_ratio(before: Poses, after: Poses) -> float:
    """How unlike the bones of before an animal is, after / before; NaN where none is known.

    Bones are the pairs of keypoints whose distances varied least. Medians over animals.
    """
    shape = before.score.shape
    one_px = np.ones(shape[:2])
    bones = usual_bones(before.xy_px.reshape(-1, shape[2], 2), one_px.ravel())
    then, now = (_median(strange_bones(bones, poses.xy_px, one_px)) for poses in (before, after))
    return now / then if then > 0 else float("nan")


def _astray_fraction(before: Poses, after: Poses, others: Sequence[Poses], body_px: float) -> float:
    """Part of what all networks agreed on that is now more than a tenth of the body away."""
    if not others:
        return float("nan")
    agreed = agreed_px([before, *others], body_px)
    known = np.isfinite(agreed[..., 0])
    with np.errstate(invalid="ignore"):
        is_near = length_px(after.xy_px - agreed) <= 2 * ALIKE * body_px
    return float((~is_near)[known].mean()) if known.any() else float("nan")


def _distance_ratio(before: Poses, after: Poses, others: Sequence[Poses], body_px: float) -> float:
    """Mean distance from what two others or more agree on, after / before."""
    if len(others) < 2:
        return float("nan")
    agreed = agreed_px(others, body_px)
    then, now = (np.minimum(length_px(poses.xy_px - agreed), body_px) for poses in (before, after))
    known = np.isfinite(then) & np.isfinite(now)
    return float(now[known].mean() / then[known].mean()) if then[known].any() else float("nan")


def _following_keypoints(before: Poses, after: Poses, witness: Witness) -> list[str]:
    """The keypoints that go with the crop, and clearly did not before."""
    shift_px, found = witness.shift_px, []
    then = crop_following(before.xy_px, witness.beside_before_px, shift_px)
    now = crop_following(after.xy_px, witness.beside_after_px, shift_px)
    for individual in range(before.score.shape[1]):
        known = np.isfinite(then[:, individual]) & np.isfinite(now[:, individual])
        for keypoint in np.flatnonzero(is_told(known[known.any(axis=1)])):
            rows = known[:, keypoint]
            went, goes = (float(np.median(of[rows, individual, keypoint])) for of in (then, now))
            if goes > FOLLOWS and abs(went) <= STAYS:
                found.append(before.space.keypoints[keypoint])
    return [f"{named(found)} going with the crop"] if found else []


def _median(values: ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
