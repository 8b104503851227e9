"""Videos that are written: every picture whole, when it should be shown, as browsers want it."""

import av
import cv2
import numpy as np
import pytest

from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.report.video_file import preset_for, write_timed_video, write_video


def pictures(count, height=48, width=64):
    """Left red, right blue; each a little lighter."""
    for i in range(count):
        image = np.zeros((height, width, 3), np.uint8)
        image[:, : width // 2], image[:, width // 2 :] = (150 + i, 30, 20), (20, 30, 150 + i)
        yield image


@pytest.mark.parametrize(("height", "width"), [(48, 64), (49, 64), (48, 65), (49, 65)])
def test_pictures_come_back_whole_and_in_their_colors(height, width, tmp_path):
    write_video(pictures(5, height, width), tmp_path / "v.mp4", 25)
    found = [*read_frames(tmp_path / "v.mp4")]
    assert len(found) == 5
    for image, original in zip(found, pictures(5, height, width), strict=True):
        assert image.shape == (height + height % 2, width + width % 2, 3)
        off = np.abs(image[:height, :width].astype(int) - original)
        assert np.median(off) <= 3
        assert np.abs(image[-1, -1].astype(int) - original[-1, -1]).max() <= 6


@pytest.mark.parametrize("fps", [25, 29.97, 7.5, 500.0])
def test_a_rate_is_kept(fps, tmp_path):
    write_video(pictures(40), tmp_path / "v.mp4", fps)
    found = index_frames(tmp_path / "v.mp4", None)
    np.testing.assert_allclose(found.time_s, np.arange(40) / fps, atol=2e-4)


def test_times_are_kept_and_grow_where_they_do_not(tmp_path):
    times_s = [0.0, 0.01, 0.5, 0.5, 0.6, 2.25]
    path = tmp_path / "v.mp4"
    write_timed_video(zip(pictures(6), times_s, strict=True), path, 25)
    found = index_frames(path, None).time_s
    np.testing.assert_allclose(found, times_s, atol=1e-4)
    assert (np.diff(found) > 0).all()


def test_a_rate_that_is_not_known_is_one_per_second(tmp_path):
    write_video(pictures(1), tmp_path / "v.mp4", float("nan"))
    assert len(index_frames(tmp_path / "v.mp4", None).frame) == 1


def test_players_are_told_what_the_colors_are(tmp_path):
    write_video(pictures(2), tmp_path / "v.mp4", 25)
    with av.open(str(tmp_path / "v.mp4")) as container:
        frame = next(container.decode(video=0))
    assert (frame.format.name, int(frame.colorspace), int(frame.color_range)) == ("yuv420p", 6, 1)


def test_pictures_that_fail_leave_no_file(tmp_path):
    def failing():
        yield from pictures(3)
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_video(failing(), tmp_path / "v.mp4", 25)
    assert [*tmp_path.iterdir()] == []


def test_pictures_of_more_than_a_million_pixels_are_encoded_faster():
    assert preset_for(1000, 1000) == "veryfast"
    assert preset_for(1000, 1001) == "ultrafast"


def test_large_pictures_look_as_they_did(tmp_path):
    coarse = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
    image = cv2.resize(coarse, (1250, 1000), interpolation=cv2.INTER_CUBIC)
    moved = [np.roll(image, 3 * step, axis=1) for step in range(4)]
    write_video(iter(moved), tmp_path / "v.mp4", 25)
    for found, drawn in zip(read_frames(tmp_path / "v.mp4"), moved, strict=True):
        lightness = [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (found, drawn)]
        assert cv2.PSNR(*lightness) > 40
