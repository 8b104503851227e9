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
from superanimal_core.jobs.troubled_place import trouble_of_files, trouble_of_place
from superanimal_core.media.video import read_frames
from superanimal_core.report.video_file import write_video

SECTOR = 4096
TORN = VideoError("probe_video", "m1.mp4 is torn")


@pytest.fixture
def break_disk(monkeypatch):
    """Let the reading of a file fail beyond so many bytes; gives which files were opened."""

    def broken(name, beyond, number=errno.EIO, times=99):
        opened = []

        class Failing(FileIO):
            def __init__(self, path):
                opened.append(Path(path).name)
                super().__init__(path)

            def read(self, size=-1):
                at, is_bad = self.tell(), Path(str(self.name)).name == name
                if is_bad and (at >= beyond or len(opened) > times):
                    raise OSError(number, "")
                return super().read(min(size, beyond - at) if is_bad else size)

        monkeypatch.setattr(troubled_place, "FileIO", Failing)
        return opened

    return broken


@pytest.fixture
def video(tmp_path):
    """Not one that FFmpeg would read."""
    path = tmp_path / "m1.mp4"
    path.write_bytes(bytes(3 * SECTOR))
    return path


@pytest.mark.parametrize(("beyond", "is_damage"), [(0, False), (SECTOR - 1, False), (SECTOR, True)])
def test_a_file_is_damaged_where_its_first_sector_can_be_read(video, break_disk, beyond, is_damage):
    break_disk("m1.mp4", beyond)
    found = trouble_of_place(TORN, [video], of_one_video=True)
    assert found is not None
    assert (found.number, found.file) == (errno.EIO, str(video))
    assert (found.is_damage, found.read_bytes) == (is_damage, beyond * is_damage)
    told = "cannot be read beyond 0.004 MB (Input/output error): its disk is damaged there; copy it"
    assert (told in found.sentence()) == is_damage
    assert ("no video counts as failed" in found.sentence()) == (not is_damage)


def test_a_file_of_a_job_that_is_damaged_is_to_be_made_again(tmp_path, monkeypatch, break_disk):
    monkeypatch.chdir(tmp_path)
    for name in ("results", "raw"):
        Path(name).mkdir()
        Path(name, "a").write_bytes(bytes(2 * SECTOR))
    break_disk("a", SECTOR)
    told = [trouble_of_files([f"{name}/a"], with_folders=False) for name in ("results", "raw")]
    ends = [found.sentence().rpartition("; ")[2] for found in told if found]
    copied = "copy it again and run with --failed, or leave it out"
    assert ends == ["delete it and run again", copied]


def test_a_disk_that_is_gone_meanwhile_is_no_damage(video, break_disk):
    """What could be read a moment ago cannot be read any more."""
    break_disk("m1.mp4", 2 * SECTOR, times=1)
    found = trouble_of_place(TORN, [video], of_one_video=True)
    assert found is not None
    assert not found.is_damage


@pytest.mark.parametrize("name", ["ESTALE", "ETIMEDOUT", "ENOTCONN"])
def test_a_server_that_is_away_in_the_middle_is_no_damage(video, break_disk, name):
    break_disk("m1.mp4", 2 * SECTOR, number=getattr(errno, name))
    found = trouble_of_place(TORN, [video], of_one_video=True)
    assert found is not None
    assert (found.number, found.is_damage) == (getattr(errno, name), False)


def test_a_file_that_is_closed_to_you_is_no_trouble_of_its_place(video, break_disk, tmp_path):
    """Nor one that is not there; the next is looked at."""
    opened = break_disk("m1.mp4", 0, number=errno.EACCES)
    (tmp_path / "next").touch()
    files = [tmp_path / "gone.mp4", video, tmp_path / "next"]
    assert trouble_of_place(TORN, files, of_one_video=True) is None
    assert opened == ["m1.mp4", "next"]


def test_what_several_videos_read_is_no_damage_of_one(tmp_path, break_disk):
    (tmp_path / "model/seed1").mkdir(parents=True)
    (tmp_path / "model/seed1/weights").write_bytes(bytes(3 * SECTOR))
    opened = break_disk("weights", 2 * SECTOR)
    assert trouble_of_place(TORN, [tmp_path / "model"], of_one_video=True) is None
    assert not opened
    found = trouble_of_place(OSError(errno.EIO, ""), [tmp_path / "model"], of_one_video=True)
    assert found is not None
    assert (Path(found.file).name, found.is_damage) == ("weights", False)


def test_a_job_over_the_study_reads_all_its_videos_for_a_word_of_the_disk_alone(video, break_disk):
    opened = break_disk("m1.mp4", 0)
    assert trouble_of_place(TORN, [video], of_one_video=False) is None
    assert not opened
    found = trouble_of_place(OSError(errno.EIO, ""), [video], of_one_video=False)
    assert found is not None
    assert found.file == str(video)


def test_too_many_open_files_have_none_read(video, break_disk):
    opened = break_disk("m1.mp4", 0)
    found = trouble_of_place(OSError(errno.ENFILE, "", "a.csv"), [video], of_one_video=True)
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
    found = trouble_of_place(told, [memory], of_one_video=True)
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
    found = [
        trouble_of_place(told, [cut], of_one_video=True) for cut, told in torn_copies(tmp_path)
    ]
    assert len(found) > 1
    assert not any(found)


def test_but_where_the_disk_cuts_it_short(tmp_path, break_disk):
    for cut, told in torn_copies(tmp_path):
        break_disk("cut.mp4", 5)
        found = trouble_of_place(told, [cut], of_one_video=True)
        assert found is not None
        assert not found.is_damage
