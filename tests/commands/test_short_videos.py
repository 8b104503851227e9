"""Videos without labels that are too short for a training's windows are told by `check`."""

from types import SimpleNamespace

import numpy as np
import pytest

from superanimal_core.commands.short_videos import short_video_findings
from superanimal_core.commands.study_checks import STOPS
from superanimal_core.media.windows import read_window
from superanimal_core.report.video_file import write_video


@pytest.fixture
def study_of(tmp_path):
    """A study whose networks learn from videos of so many frames, with windows of some."""

    def study(needed, *lengths):
        files = [str(tmp_path / f"v{length}.mp4") for length in lengths]
        for file, length in zip(files, lengths, strict=True):
            write_video(iter(np.zeros((length, 48, 64, 3), np.uint8)), file, 25.0)
        settings = SimpleNamespace(
            models={"a": None, "b": None}, unlabeled=SimpleNamespace(frames=needed)
        )
        return SimpleNamespace(settings=settings, unlabeled_of=lambda model: files)

    return study


@pytest.mark.parametrize(("needed", "is_told"), [(6, False), (7, True), (700, True)])
def test_a_window_longer_than_a_video_is_told_as_the_training_would(study_of, needed, is_told):
    study = study_of(needed, 6, 1000)
    found = list(short_video_findings(study))
    assert len(found) == is_told
    for finding in found:
        assert finding.weight == STOPS
        assert finding.told.startswith("1 video of 2 has fewer frames than unlabeled.frames (")
        assert f"({needed})" in finding.told
        assert "v6.mp4 has 6; write a smaller number" in finding.told
    shortest = study.unlabeled_of("a")[0]
    if needed == 6:
        assert len(read_window(shortest, 0.5, needed)) == needed
    else:
        with pytest.raises(Exception, match=f"has 6 frames to give, not {needed}"):
            read_window(shortest, 0.5, needed)


def test_the_shortest_of_several_is_named(study_of):
    (finding,) = short_video_findings(study_of(50, 9, 6, 60))
    assert finding.told.startswith("2 videos of 3 have fewer frames")
    assert "v6.mp4 has 6;" in finding.told


def test_one_that_is_no_video_is_told_and_none_is_no_matter(study_of, tmp_path):
    study = study_of(6, 6)
    (tmp_path / "v6.mp4").write_bytes(b"")
    (finding,) = short_video_findings(study)
    assert "v6.mp4 is empty (0 bytes)" in finding.told
    assert list(short_video_findings(study_of(6))) == []
