"""A two-second video that says why a labeled video could not be made."""

import textwrap
from pathlib import Path

import cv2
import numpy as np

from superanimal_core.report.video_file import write_video

WIDTH, HEIGHT, FPS, SECONDS = 960, 270, 10, 2


def write_failure_card(path: str | Path, stage: str, reason: str) -> None:
    """Write the stage and the reason as a short video."""
    card = np.full((HEIGHT, WIDTH, 3), 245, np.uint8)
    lines = [f"No poses: {stage}", "", *textwrap.wrap(reason, 88)]
    for row, line in enumerate(lines[:8]):
        place = (24, 40 + 28 * row)
        cv2.putText(card, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (120, 20, 20), 1, cv2.LINE_AA)
    write_video(iter([card] * (FPS * SECONDS)), path, FPS)
