"""What is doubtful about a video, in sentences, from the figures of its account."""

import math
from collections.abc import Sequence

from superanimal_core.evaluation.absences import Absence, told_absences
from superanimal_core.evaluation.file_flags import Figures, file_flags

FEWEST_FRAMES = 10  # of fewer, smoothing learns neither noise nor how long errors last


def video_flags(
    figures: Figures,
    absences: Sequence[Absence],
    max_absent_fraction: float,
    max_dropped_fraction: float,
    max_expected_error: float,
    max_extrapolated_fraction: float,
) -> list[str]:
    """A sentence for each doubt about the file, its gaps, its keypoints and their uncertainty.

    `figures` and `absences` are those of quality.json; above the limits (parts of the frames, of
    the keypoints that were taught, of the animal's size, of the frames with a pose) a video is
    flagged. Nothing is said about an error that is not known.
    """
    flags = file_flags(figures)
    if figures["frames_decoded"] < FEWEST_FRAMES:
        flags.append(
            f"frames in all: {figures['frames_decoded']}; with fewer than {FEWEST_FRAMES} the "
            "smoother cannot learn how noisy positions are, and motion can hardly be measured"
        )
    if figures["absent_fraction"] > max_absent_fraction:
        frames = int(figures["frames_predicted"] + figures["frames_without_animal"])
        flags.append(told_absences(absences, frames))
    if figures["gaps"]:
        counted = "1 gap" if figures["gaps"] == 1 else f"{figures['gaps']} gaps"
        flags.append(
            f"{counted} without a pose, too long to bridge (up to {figures['longest_gap_s']:.1f} s)"
        )
    if not figures["keypoints_seen"]:
        flags.append("no keypoint reaches the score limit: wrong model, or boxes beside the animal")
    elif figures["dropped_fraction"] > max_dropped_fraction:
        flags.append(
            f"{figures['dropped_fraction']:.0%} of what the model was taught stays below the score "
            "limit: wrong model, boxes beside the animal, or a network that has learned too little"
        )
    expected = figures["expected_error_of_size"]
    if expected > max_expected_error:
        flags.append(
            f"expected error {expected:.0%} of the animal's size, "
            f"{figures['median_expected_error_px']:.1f} px"
        )
    elif math.isnan(expected) and figures["held_out_error_of_size"] > max_expected_error:
        flags.append(
            f"error on held-out labels {figures['held_out_error_of_size']:.0%} of the animal's "
            f"size ({figures['held_out_labels']} labels: fewer than 30, or all of one video or "
            "animal, do not say how sure a position is)"
        )
    if figures["extrapolated_fraction"] > max_extrapolated_fraction:
        flags.append(
            f"unlike anything that was labeled in {figures['extrapolated_fraction']:.0%} of the "
            "frames: expected errors are extrapolated there; label some of this video"
        )
    return flags
