"""What is doubtful about a video, in sentences, from the figures of its account."""

from superanimal_core.evaluation.file_flags import Figures, file_flags


def video_flags(
    figures: Figures, max_absent_fraction: float, max_uncertainty_px: float
) -> list[str]:
    """A sentence for each doubt about the file, its gaps, its keypoints and their uncertainty.

    `figures` are those of quality.json; above the two limits (a part of the frames; pixels) a video
    is flagged.
    """
    flags = file_flags(figures)
    if figures["absent_fraction"] > max_absent_fraction:
        flags.append(f"{figures['absent_fraction']:.0%} of the frames have no pose")
    if figures["gaps"]:
        counted = "1 gap" if figures["gaps"] == 1 else f"{figures['gaps']} gaps"
        flags.append(
            f"{counted} without a pose, too long to bridge (up to {figures['longest_gap_s']:.1f} s)"
        )
    if not figures["keypoints_seen"]:
        flags.append("no keypoint reaches the score limit: wrong model, or boxes beside the animal")
    if figures["median_uncertainty_px"] > max_uncertainty_px:
        flags.append(f"median uncertainty {figures['median_uncertainty_px']:.1f} px")
    return flags
