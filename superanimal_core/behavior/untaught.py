"""Strides that cannot be known, since they rest on keypoints that nobody taught."""

from collections.abc import Iterable, Sequence

from superanimal_core.pose.keypoints import KeypointSpace


def gait_remarks(
    space: KeypointSpace, taught: Sequence[str], limbs: Sequence[str], body: Sequence[str]
) -> list[str]:
    """A sentence on the limbs and the ends of the body that strides lack, since nobody taught them.

    A limb without a position has no strides; without an end of the `body` there is no body length,
    and no limb has any.
    """
    trunk = [name for name in body if name in space.keypoints]
    lacking = untaught_of([*limbs, *trunk[:1], *trunk[-1:]], space, taught)
    return [f"strides rest on keypoints nobody taught: {', '.join(lacking)}"] if lacking else []


def untaught_of(wanted: Iterable[str], space: KeypointSpace, taught: Sequence[str]) -> list[str]:
    """Those of the wanted keypoints that the space has and nobody taught, each once."""
    return [name for name in dict.fromkeys(wanted) if name in {*space.keypoints} - {*taught}]
