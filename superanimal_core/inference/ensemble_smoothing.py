"""What an ensemble sees of frames that follow each other, as one smoothed pose with its error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import METHODS, VideoViewSettings
from superanimal_core.smoothing.calibration import Calibration, predict_error
from superanimal_core.smoothing.sessions import smooth_view


@dataclass(frozen=True)
class EnsembleSmoothing:
    """How what an ensemble sees becomes one pose, and how far off that must be expected to be.

    As the study smooths, other cameras left out; `settings` are those of the method, `views` those
    of mirrors.
    """

    method: str
    settings: Mapping[str, Any]
    views: Mapping[str, Any]
    calibration: Calibration | None

    def of(self, members: Sequence[Poses]) -> tuple[SmoothedPoses, ExpectedError]:
        """Frames that follow each other, as a video of their own."""
        settings, shared = METHODS[self.method](**self.settings), VideoViewSettings(**self.views)
        smoothed = smooth_view({"": members}, self.method, settings, shared, None)
        return smoothed, predict_error(self.calibration, smoothed)
