"""Videos without labels that are too short for a training's windows are told by `check`."""

import numpy as np
import pytest
from beginners_study import DATASETS, Spoiled, write_study

from superanimal_core.commands.check import check_study
from superanimal_core.commands.study_checks import DOUBT, STOPS
from superanimal_core.commands.study_folder import read_here
from superanimal_core.errors import TrainingError
from superanimal_core.media.windows import read_window
from superanimal_core.report.video_file import write_video
from superanimal_core.training.unlabeled import _Readable


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A study without mistakes."""
    return write_study(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def learning(sound, tmp_path, monkeypatch):
    """A study that learns from videos of so many frames (of 0, an empty file), in windows."""

    def study(lengths, needed):
        spoiled = Spoiled(sound, tmp_path / "study")
        monkeypatch.chdir(spoiled.folder)
        for length in lengths:
            spoiled.write(f"more/v{length:02}.mp4", "")
            if length:
                frames = np.zeros((length, 48, 64, 3), np.uint8)
                write_video(iter(frames), f"more/v{length:02}.mp4", 25.0)
        head, row, *_ = DATASETS.splitlines()
        sheet = f"{head}\tunlabeled_videos\n{row}\tmore/*.mp4\n"
        spoiled.write("config/datasets.tsv", sheet)
        spoiled.more(
            f"    detector_weights: whole_frame\nunlabeled: {{ enabled: true, frames: {needed} }}\n"
        )
        return read_here()

    return study


@pytest.mark.parametrize(
    ("lengths", "needed", "told"),
    [
        ((6, 30), 6, None),
        ((6, 30), 7, (DOUBT, "1 of 2: more/v06.mp4 has 6 frames, and unlabeled.frames takes 7 at")),
        ((6, 30), 31, (STOPS, "2 of 2: more/v06.mp4 has 6 frames, and unlabeled.frames takes 31")),
        ((0, 6), 6, (DOUBT, "1 of 2: more/v00.mp4 is empty (0 bytes)")),
        ((0,), 6, (STOPS, "1 of 1: more/v00.mp4 is empty (0 bytes)")),
    ],
)
def test_what_is_told_is_what_a_training_passes_over(learning, lengths, needed, told):
    study = learning(lengths, needed)
    found = [each for each in check_study(study) if each.what == "unlabeled videos"]
    assert [each.weight for each in found] == ([told[0]] if told else [])
    assert all(each.told.startswith(f"nothing is learned from {told[1]}") for each in found)
    readable = _Readable(study.unlabeled_of("mouse"), read_window, needed)
    if told and told[0] == STOPS:
        with pytest.raises(TrainingError):
            readable.draw(np.random.default_rng(0))
    else:
        for seed in range(8):
            readable.draw(np.random.default_rng(seed))
        assert len(readable.broken) == len(found)
