"""Videos without labels that are too short for a training's windows are told by `check`."""

import numpy as np
import pytest

from superanimal_core.commands.short_videos import window_findings
from superanimal_core.commands.study_checks import DOUBT, STOPS
from superanimal_core.errors import TrainingError
from superanimal_core.media.windows import read_window
from superanimal_core.report.video_file import write_video
from superanimal_core.training.unlabeled import _Readable


@pytest.fixture
def films(tmp_path):
    """Files of videos of so many frames; of 0, an empty file."""

    def write(*lengths):
        files = [str(tmp_path / f"v{length}.mp4") for length in lengths]
        for file, length in zip(files, lengths, strict=True):
            if length:
                write_video(iter(np.zeros((length, 48, 64, 3), np.uint8)), file, 25.0)
            else:
                open(file, "wb").close()
        return files

    return write


@pytest.mark.parametrize(
    ("lengths", "needed", "told"),
    [
        ((6, 30), 6, None),
        ((6, 30), 7, (DOUBT, "1 of 2: {0} has 6 frames, and unlabeled.frames takes 7 at once")),
        ((6, 30), 31, (STOPS, "2 of 2: {1} has 30 frames")),
        ((6, 0), 6, (DOUBT, "1 of 2: {1} is empty (0 bytes)")),
        ((0,), 6, (STOPS, "1 of 1: {0} is empty (0 bytes)")),
        ((), 6, None),
    ],
)
def test_what_is_told_is_what_a_training_passes_over(films, lengths, needed, told):
    files = films(*lengths)
    found = list(window_findings(files, needed))
    assert [finding.weight for finding in found] == ([told[0]] if told else [])
    for finding in found:
        assert finding.told.startswith(f"nothing is learned from {told[1].format(*files)}")
    if files:
        readable = _Readable(files, read_window, needed)
        if told and told[0] == STOPS:
            with pytest.raises(TrainingError):
                readable.draw(np.random.default_rng(0))
        else:
            for seed in range(8):
                readable.draw(np.random.default_rng(seed))
            assert len(readable.broken) == len(found)
