"""What makes the strides of a video doubtful, in sentences."""

from superanimal_core.behavior.belt import belt_flags
from superanimal_core.behavior.footfalls import detect_footfalls, limb_flags
from superanimal_core.behavior.shaking import shake_flags
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings


def gait_flags(
    poses: SmoothedPoses, expected: ExpectedError, settings: StrideSettings
) -> list[str]:
    """Of the ground, of limbs and animals taken for each other, and of a camera that shakes."""
    seen = unsmoothed(poses)
    walks = [detect_footfalls(seen, i, settings) for i in range(len(seen.poses.individuals))]
    return [
        *belt_flags(seen, walks, settings),
        *limb_flags(seen, walks, settings),
        *shake_flags(seen, walks, expected, settings),
    ]
