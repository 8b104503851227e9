"""Which trouble is that of a disk or a server, which that of one file, and which a video's."""

import errno
import os
import sys
from io import FileIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.error import FFmpegError

from superanimal_core.errors import VideoError
from superanimal_core.jobs import troubled_place
from superanimal_core.jobs.troubled_place import OfVideo, trouble_of_place
from superanimal_core.media.video import read_frames
from superanimal_core.media.windows import read_window
from superanimal_core.report.video_file import write_video

SECTOR = 4096
OF_M1 = OfVideo("results/videos/m1", "m1.mp4")
TORN = FFmpegError(1094995529, "Invalid data found when processing input")


@pytest.fixture
def break_disk(monkeypatch):
    """Let the reading of a file fail beyond so many bytes; gives which files were opened.

    `opens`: the numbers of those openings that are followed by it.
    """

    def broken(name, beyond, number=errno.EIO, opens=range(99)):
        opened = []

        class Failing(FileIO):
            def __init__(self, path):
                opened.append(Path(path).name)
                super().__init__(path)

            def read(self, size=-1):
                at, is_bad = self.tell(), Path(str(self.name)).name == name
                if not is_bad or len(opened) - 1 not in opens:
                    return super().read(size)
                if at >= beyond:
                    raise OSError(number, "")
                return super().read(min(size, beyond - at))

        monkeypatch.setattr(troubled_place, "FileIO", Failing)
        return opened

    return broken


@pytest.fixture
def video(tmp_path, monkeypatch):
    """Not one that FFmpeg would read."""
    monkeypatch.chdir(tmp_path)
    Path("m1.mp4").write_bytes(bytes(3 * SECTOR))
    return Path("m1.mp4")


@pytest.mark.parametrize(("beyond", "is_damage"), [(0, False), (SECTOR - 1, False), (SECTOR, True)])
def test_a_file_is_damaged_where_its_first_sector_can_be_read(video, break_disk, beyond, is_damage):
    break_disk("m1.mp4", beyond)
    found = trouble_of_place(TORN, [video], OF_M1)
    assert found is not None
    assert (found.number, found.file) == (errno.EIO, str(video))
    assert (found.is_damage, found.read_bytes) == (is_damage, beyond * is_damage)
    told = "cannot be read beyond 0.004 MB (Input/output error): its disk is damaged there; copy it"
    assert (told in found.sentence()) == is_damage
    assert ("no video counts as failed" in found.sentence()) == (not is_damage)


PREDICTED = "results/videos/m1/predicted"
COPIED = "copy it again and run with --failed, or leave it out"
AGAIN = "where it is this file alone, delete {}, all of it, and run again"


@pytest.mark.parametrize(
    ("given", "inner", "told"),
    [
        ("m1.mp4", "", COPIED),
        ("results/videos/m1/poses.parquet", "", "run with --failed, which makes it again"),
        (PREDICTED, "/member-1.parquet", "run with --failed, which makes it again"),
        ("results/videos/m10/predicted", "/member-1.parquet", AGAIN),
        ("results/models/m1/member-0", "/weights.safetensors", AGAIN),
        ("results/models/m1/calibration.parquet", "", AGAIN),
        ("raw/m1.mp4", "", "where it is this file alone, copy it again or leave it out"),
        ("cameras.toml", "", "where it is this file alone, copy it again or leave it out"),
    ],
)
def test_what_belongs_to_one_video_is_its_damage_and_what_to_do_fits(
    tmp_path, monkeypatch, break_disk, given, inner, told
):
    """One file that is deleted within a folder would not be missed."""
    monkeypatch.chdir(tmp_path)
    file = Path(given + inner)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(bytes(2 * SECTOR))
    break_disk(file.name, SECTOR)
    for error in (OSError(errno.EIO, ""), OSError(errno.EIO, "", str(file))):
        found = trouble_of_place(error, [given], OF_M1)
        assert found is not None
        assert (found.file, found.is_damage) == (str(file), "--failed" in told)
        assert found.sentence().rpartition("; ")[2] == told.format(given)
    study = trouble_of_place(OSError(errno.EIO, ""), [given], None)
    assert study is not None
    assert not study.is_damage


def test_a_file_that_the_disk_names_and_that_can_be_read_is_told_with_what_it_lies_in(tmp_path):
    """What a job makes itself is not there any more when it has failed."""
    file, said = f"{PREDICTED}/member-1.parquet", []
    for given in (PREDICTED, "results/videos/m1/frames.parquet"):
        found = trouble_of_place(OSError(errno.EIO, "", file), [given], OF_M1)
        assert found is not None
        assert not found.is_damage
        said.append(found.sentence())
    assert said[0].endswith(AGAIN.format(PREDICTED))
    assert said[1].endswith("Once that is mended, run again")


@pytest.mark.parametrize(
    ("opens", "is_damage"),
    [
        ([0], False),  # the server is back when the beginning is read
        ([0, 1], False),  # and when the place is
        ([0, 2], True),
        ([0, 1, 2, 3], True),
    ],
)
def test_a_place_that_can_be_read_later_is_no_damage(video, break_disk, opens, is_damage):
    opened = break_disk("m1.mp4", 2 * SECTOR, opens=opens)
    found = trouble_of_place(TORN, [video], OF_M1)
    assert found is not None
    assert found.is_damage == is_damage
    assert len(opened) == 4


@pytest.mark.parametrize("away", [1, 3])
def test_a_disk_that_is_gone_meanwhile_is_no_damage(video, monkeypatch, break_disk, away):
    """What could be read a moment ago cannot be read any more."""
    opened = break_disk("m1.mp4", 2 * SECTOR)
    failing = troubled_place.FileIO

    def gone(path):
        if len(opened) == away:
            opened.append("gone")
            raise OSError(errno.EIO, "")
        return failing(path)

    monkeypatch.setattr(troubled_place, "FileIO", gone)
    found = trouble_of_place(TORN, [video], OF_M1)
    assert found is not None
    assert not found.is_damage


@pytest.mark.parametrize("name", ["ESTALE", "ETIMEDOUT", "ENOTCONN"])
def test_a_server_that_is_away_in_the_middle_is_no_damage(video, break_disk, name):
    break_disk("m1.mp4", 2 * SECTOR, number=getattr(errno, name))
    found = trouble_of_place(TORN, [video], OF_M1)
    assert found is not None
    assert (found.number, found.is_damage) == (getattr(errno, name), False)


def test_a_file_that_is_closed_to_you_is_no_trouble_of_its_place(video, break_disk, tmp_path):
    """Nor one that is not there; the next is looked at."""
    opened = break_disk("m1.mp4", 0, number=errno.EACCES)
    (tmp_path / "next").touch()
    files = [tmp_path / "gone.mp4", video, tmp_path / "next"]
    assert trouble_of_place(TORN, files, OF_M1) is None
    assert opened == ["m1.mp4", "next"]


def test_folders_are_read_for_a_word_of_the_disk_alone(tmp_path, break_disk):
    (tmp_path / "model/seed1").mkdir(parents=True)
    (tmp_path / "model/seed1/weights").write_bytes(bytes(3 * SECTOR))
    opened = break_disk("weights", 2 * SECTOR)
    assert trouble_of_place(TORN, [tmp_path / "model"], OF_M1) is None
    assert not opened
    assert trouble_of_place(OSError(errno.EIO, ""), [tmp_path / "model"], OF_M1)
    assert opened == ["weights"]


def test_files_are_read_where_ffmpeg_may_have_met_the_trouble(tmp_path, break_disk, capfd):
    """And the log says so; that no animal was found is no such word."""
    whole = tmp_path / "whole.mp4"
    write_video(iter(np.zeros((20, 48, 64, 3), np.uint8)), whole, 25.0)
    opened = break_disk("whole.mp4", 0)
    with pytest.raises(VideoError, match="has 20 frames to give") as told:
        read_window(str(whole), 0.5, 21)
    assert trouble_of_place(told.value, [whole], OF_M1)
    assert opened == ["whole.mp4"]
    assert "reads its files" in capfd.readouterr().err
    with pytest.raises(VideoError) as told:
        raise VideoError("detect", "no animal was found")
    assert trouble_of_place(told.value, [whole], OF_M1) is None
    assert opened == ["whole.mp4"]
    assert capfd.readouterr().err == ""


def test_a_job_over_the_study_reads_all_its_videos_for_a_word_of_the_disk_alone(video, break_disk):
    opened = break_disk("m1.mp4", 0)
    assert trouble_of_place(TORN, [video], None) is None
    assert not opened
    found = trouble_of_place(OSError(errno.EIO, ""), [video], None)
    assert found is not None
    assert found.file == str(video)


def test_too_many_open_files_have_none_read(video, break_disk):
    opened = break_disk("m1.mp4", 0)
    found = trouble_of_place(OSError(errno.ENFILE, "", "a.csv"), [video], OF_M1)
    assert found is not None
    assert (found.number, found.file) == (errno.ENFILE, "a.csv")
    assert not opened


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc: Linux only")
def test_a_file_that_the_system_itself_cannot_read_is_trouble():
    """The memory of a process at its address 0."""
    memory = "/proc/self/mem"
    told: Exception | None = None
    try:
        av.open(memory)
    except FFmpegError as error:
        told = error
    assert told is not None
    found = trouble_of_place(told, [memory], OF_M1)
    assert found is not None
    assert found.sentence().startswith(f"{memory}: {os.strerror(errno.EIO)}: the disk")


def torn_copies(folder):
    """Copies of a video that lack their ends, and what `read_frames` says of each."""
    whole, cut = folder / "whole.mp4", folder / "cut.mp4"
    write_video(iter(np.zeros((20, 48, 64, 3), np.uint8)), whole, 25.0)
    content = whole.read_bytes()
    for part in (10, 100, len(content) // 2, len(content) - 1):
        cut.write_bytes(content[:part])
        try:
            list(read_frames(cut))
        except VideoError as error:
            yield cut, error


def test_a_video_that_is_cut_short_is_no_trouble_of_the_disk(tmp_path):
    """Wherever FFmpeg stops, and whatever it says there."""
    found = [trouble_of_place(told, [cut], OF_M1) for cut, told in torn_copies(tmp_path)]
    assert len(found) > 1
    assert not any(found)


@pytest.mark.parametrize("left", [None, 0, 1])
@pytest.mark.parametrize("is_probed", [True, False])
def test_a_probed_video_that_does_not_open_and_can_be_read_is_no_fault_of_it(
    tmp_path, left, is_probed
):
    """Its server was away for a while; one that is gone or empty is told as such."""
    unopened = [each for each in torn_copies(tmp_path) if "cannot be opened" in str(each[1])]
    assert unopened
    for cut, told in unopened:
        if left is None:
            cut.unlink(missing_ok=True)
        else:
            cut.write_bytes(bytes(left))
        of_video = OfVideo("results/videos/m1", str(cut), is_probed)
        found = trouble_of_place(told, [cut], of_video)
        assert (found is not None) == (is_probed and left == 1)
        if found:
            assert not found.is_damage
            assert found.sentence().startswith(f"{cut}: FFmpeg stopped before the end")


def test_but_where_the_disk_cuts_it_short(tmp_path, break_disk):
    for cut, told in torn_copies(tmp_path):
        break_disk("cut.mp4", 5)
        found = trouble_of_place(told, [cut], OF_M1)
        assert found is not None
        assert not found.is_damage
