"""What is doubtful about a video's file itself, in sentences, from the record of frames.parquet."""

from collections.abc import Mapping

Figures = Mapping[str, int | float]

FILE_FIGURES = (
    "container_frames",
    "packets_without_frame",
    "lost_at_frame",
    "frames_left_out",
    "left_out_after_frame",
    "missing_end_s",
    "is_torn",
    "is_estimated_time",
    "estimated_times",
    "first_frame_s",
    "video_streams",
    "fps",
    "width_px",
    "height_px",
)


def file_flags(figures: Figures) -> list[str]:
    """A sentence for each doubt about the file; none where all that it holds was decoded.

    `figures` are FILE_FIGURES, with how many frames were decoded whole, and how many damaged.
    """
    flags = [*_lost(figures), *_cut(figures)]
    if figures["is_estimated_time"]:
        counted = figures.get("estimated_times", 0)
        flags.append(f"time stamps missing, or against the others, and estimated: {counted}")
    if figures.get("video_streams", 1) > 1:
        flags.append(f"the file holds {figures['video_streams']} videos; only the first was read")
    return flags


def _lost(figures: Figures) -> list[str]:
    """Frames that are missing: by the file's count, its packets, or its time stamps."""
    promised, decoded = figures["container_frames"], figures["frames_decoded"]
    lost = figures.get("packets_without_frame", 0)
    left_out = figures.get("frames_left_out", 0)
    where = f"; {_where_lost(figures)}" if lost else ""
    if promised > decoded:
        return [f"the file promises {promised} frames, {decoded} could be decoded{where}"]
    if lost:
        return [f"frames that could not be decoded: {lost}{where}"]
    if figures["frames_damaged"]:
        return [f"damaged frames: {figures['frames_damaged']}; others may be missing there"]
    if left_out:
        after = figures["left_out_after_frame"]
        return [f"frames left out by the time stamps: {left_out}, the first after frame {after}"]
    return []


def _where_lost(figures: Figures) -> str:
    if figures["lost_at_frame"]:
        return f"the first is missing before frame {figures['lost_at_frame']}"
    return f"the beginning is missing: the first frame is at {figures['first_frame_s']:.2f} s"


def _cut(figures: Figures) -> list[str]:
    """A file that ends too early."""
    missing_s = figures["missing_end_s"]
    if missing_s > 0:
        return [f"the frames end {missing_s:.1f} s before the file's own end: it was cut"]
    if figures.get("is_torn", False):
        return ["the file ends in the middle of a frame: it was cut"]
    return []
