"""What makes the strides of a video doubtful, in sentences."""

from superanimal_core.behavior.belt import belt_flags
from superanimal_core.behavior.footfalls import limb_flags
from superanimal_core.behavior.shaking import shake_flags
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings


def gait_flags(
    poses: SmoothedPoses, expected: ExpectedError, settings: StrideSettings
) -> list[str]:
    """Of the ground, of limbs and animals taken for each other, and of a camera that shakes."""
    return [
        *belt_flags(poses, settings),
        *limb_flags(unsmoothed(poses), settings),
        *shake_flags(poses, expected, settings),
    ]
