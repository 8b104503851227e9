"""One video in two rows of the sheet, under two names."""

import os
import shutil

import pytest

from superanimal_core.commands.repeated_videos import repeated_videos
from superanimal_core.study.study_rows import VideoRow

SQUARE = ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))


def row(path, model="m", arena=()):
    return VideoRow(path.stem, str(path), model, 1, None, None, None, {}, arena=arena)


def told(*rows):
    return [(each.what, each.told) for each in repeated_videos({row.video: row for row in rows})]


@pytest.fixture
def video(tmp_path):
    (tmp_path / "a.mp4").write_bytes(bytes(range(256)) * 20_000)  # more than is read whole
    return tmp_path / "a.mp4"


@pytest.mark.parametrize(
    ("make", "how"),
    [(os.symlink, "one file"), (os.link, "one file"), (shutil.copy, "copies of one file")],
)
def test_links_and_copies_are_told(video, make, how):
    make(video, video.with_name("b.mp4"))
    [(what, said)] = told(row(video), row(video.with_name("b.mp4")))
    assert what == "video b"
    assert f"that of video 'a', {video}, are {how}: what it shows counts twice" in said


def test_each_further_row_is_told_once(video):
    others = [video.with_name(f"{name}.mp4") for name in "bcd"]
    for other in others:
        shutil.copy(video, other)
    assert [what for what, _ in told(*map(row, [video, *others]))] == [
        "video b", "video c", "video d"
    ]  # fmt: skip


@pytest.mark.parametrize("place", [0, 2_560_000, 5_119_999])
def test_other_videos_of_one_size_are_not_told(video, place):
    other = bytearray(video.read_bytes())
    other[place] ^= 1
    video.with_name("b.mp4").write_bytes(other)
    assert told(row(video), row(video.with_name("b.mp4"))) == []


def test_a_video_for_two_models_or_with_two_arenas_is_meant(video):
    twin = video.with_name("b.mp4")
    os.link(video, twin)
    assert told(row(video), row(twin, model="other")) == []
    assert told(row(video), row(twin, arena=SQUARE)) == []
    assert len(told(row(video, arena=SQUARE), row(twin, arena=SQUARE))) == 1


def test_empty_lost_and_stored_files_are_left_to_others(video):
    empty = [video.with_name(f"{name}.mp4") for name in "bc"]
    for each in empty:
        each.touch()
    stored = [VideoRow(name, "s3://x/a.mp4", "m", 1, None, None, None, {}) for name in "de"]
    assert told(*map(row, empty), row(video.with_name("gone.mp4")), *stored) == []
