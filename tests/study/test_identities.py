"""Content is what counts: not names, places or dates."""

import json
import os
import shutil
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest

from superanimal_core.study import identities
from superanimal_core.study.identities import CACHE, SETTLED_NS, Identities
from superanimal_core.study.study_rows import DatasetRow
from superanimal_core.tables import contents
from superanimal_core.tables.contents import PICTURE_BYTES, content_digest

ROW = DatasetRow("lab", "lab", "deeplabcut", "space", "pretrain", "table.tsv", "")
HEAD = "scorer,A,A\nbodyparts,nose,nose\ncoords,x,y\n"


@pytest.fixture(autouse=True)
def study(tmp_path, monkeypatch):
    """A video and a DeepLabCut project with two pictures, all old enough to be kept."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".snakemake").mkdir()
    (tmp_path / "a.mp4").write_bytes(b"a" * 100)
    folder = tmp_path / "lab/labeled-data/v"
    folder.mkdir(parents=True)
    for name in ("1.png", "2.png"):
        cv2.imwrite(str(folder / name), np.full((8, 8, 3), ord(name[0]), np.uint8))
    rows = "".join(f"labeled-data/v/{i}.png,{i},2\n" for i in (1, 2))
    (folder / "CollectedData_A.csv").write_text(HEAD + rows)
    monkeypatch.setattr(identities, "SETTLED_NS", -1)
    return tmp_path


def looked(videos=("a.mp4",), datasets=(ROW,), **options):
    found = Identities(**options)
    found.look(videos, datasets)
    return found


def of_video():
    return looked(datasets=()).of_file("a.mp4")


def of_dataset(row=ROW):
    return looked((), (row,)).of_dataset(row)


def test_a_date_name_or_place_is_no_part_of_a_video(study):
    before = of_video()
    os.utime("a.mp4", (1e9, 1e9))
    assert of_video() == before
    (study / "elsewhere").mkdir()
    moved = shutil.move("a.mp4", study / "elsewhere/b.mp4")
    assert looked([str(moved)], ()).of_file(str(moved)) == before


def test_another_video_of_the_same_size_and_date_is_noticed():
    before, status = of_video(), os.stat("a.mp4")
    with open("a.mp4", "r+b") as file:  # in place: the inode stays, too
        file.write(b"b")
    os.utime("a.mp4", ns=(status.st_atime_ns, status.st_mtime_ns))
    now = os.stat("a.mp4")
    assert (now.st_ino, now.st_size, now.st_mtime_ns) == (
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
    )
    assert of_video() != before


def test_a_link_that_leads_elsewhere_is_another_video(study):
    for name, letter in (("one", b"1"), ("two", b"2")):
        (study / name).mkdir()
        (study / name / "v.mp4").write_bytes(letter * 50)
        os.utime(study / name / "v.mp4", (1e9, 1e9))
    (study / "raw").symlink_to("one")
    before = looked(["raw/v.mp4"], ()).of_file("raw/v.mp4")
    (study / "raw").unlink()
    (study / "raw").symlink_to("two")
    assert looked(["raw/v.mp4"], ()).of_file("raw/v.mp4") != before


def test_what_was_read_is_not_read_again(monkeypatch):
    before = of_video(), of_dataset()
    looked()

    def refuse(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(identities, "content_digest", refuse)
    again = looked()
    assert (again.of_file("a.mp4"), again.of_dataset(ROW)) == before


@pytest.mark.parametrize(("since_ns", "is_kept"), [(SETTLED_NS, False), (SETTLED_NS + 1, True)])
def test_what_has_just_changed_is_not_trusted_to_be_the_same(monkeypatch, since_ns, is_kept):
    monkeypatch.setattr(identities, "SETTLED_NS", SETTLED_NS)
    changed_ns = max(os.stat("a.mp4").st_mtime_ns, os.stat("a.mp4").st_ctime_ns)
    monkeypatch.setattr(identities, "time_ns", lambda: changed_ns + since_ns)
    looked(datasets=())
    kept = json.loads(CACHE.read_text())["files"] if CACHE.exists() else {}
    assert ("a.mp4" in kept) == is_kept


def test_a_missing_video_has_no_identity_and_is_not_kept():
    assert looked(["gone.mp4", "a.mp4"], ()).of_file("gone.mp4") == ""
    assert set(json.loads(CACHE.read_text())["files"]) == {"a.mp4"}


def test_a_damaged_or_older_file_of_identities_is_found_out_anew():
    before = of_video()
    CACHE.write_text("{")
    assert of_video() == before
    CACHE.write_text("[]")
    assert of_video() == before
    CACHE.write_text(json.dumps({"version": 0, "files": {"a.mp4": [None, "wrong"]}}))
    assert of_video() == before


def test_a_full_disk_keeps_nothing_and_says_nothing(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(identities, "replacing", full)
    assert looked().of_file("a.mp4")
    assert not CACHE.exists()


def test_a_job_takes_what_the_main_process_found():
    before = of_video()
    looked()
    time.sleep(0.01)
    with open("a.mp4", "w") as file:
        file.write("other")
    assert Identities(is_settled=True).of_file("a.mp4") == before
    assert Identities().of_file("a.mp4") != before


def write_large(hole=slice(0), name="a.mp4"):
    """A video too large to be read whole; a part of it may be zeros."""
    content = np.random.default_rng(0).integers(1, 256, PICTURE_BYTES + LARGER, np.uint8)
    content[hole] = 0
    content.tofile(f"{name}.part")
    os.replace(f"{name}.part", name)


LARGER = 2**20
HOLE = slice(2**20, 2**20 + (PICTURE_BYTES + LARGER) // 100)  # between head and middle


def test_a_large_video_that_was_mended_is_noticed():
    write_large(HOLE)
    broken = of_video()
    write_large()
    assert content_digest("a.mp4", PICTURE_BYTES) == broken  # which leaves the hole out
    mended = of_video()
    assert mended != broken
    assert of_video() == mended
    write_large(HOLE)
    assert of_video() == broken


def test_a_large_video_that_was_mended_before_it_was_looked_at_again_after_a_change(monkeypatch):
    """What has just changed is not kept, and what it is compared with must be."""
    write_large(HOLE)
    broken = of_video()
    monkeypatch.setattr(identities, "SETTLED_NS", SETTLED_NS)
    write_large()
    mended = of_video()
    assert mended != broken
    assert of_video() == mended
    assert Identities(is_settled=True).of_file("a.mp4") == mended


def test_a_good_copy_under_another_name_is_noticed():
    write_large(HOLE)
    broken = of_video()
    write_large(name="b.mp4")
    assert looked(["b.mp4"], ()).of_file("b.mp4") != broken


@pytest.mark.parametrize("is_mended", [False, True])
def test_a_large_video_is_the_same_in_a_copy_with_new_dates(is_mended):
    write_large(HOLE)
    before = of_video()
    if is_mended:
        write_large()
        before = of_video()
    shutil.copyfile("a.mp4", "copy")
    os.replace("copy", "a.mp4")
    assert of_video() == before
    os.rename("a.mp4", "b.mp4")
    assert looked(["b.mp4"], ()).of_file("b.mp4") == before


def test_a_large_video_of_an_earlier_study_stays_the_same_and_is_noticed_from_then_on():
    """Its file of identities holds the content digest only."""
    write_large(HOLE)
    before = of_video()
    kept = json.loads(CACHE.read_text())
    assert kept["files"]["a.mp4"][1] == before == content_digest("a.mp4", PICTURE_BYTES)
    del kept["first"]
    CACHE.write_text(json.dumps(kept))
    assert of_video() == before
    write_large()
    assert of_video() != before


def test_a_large_video_is_not_read_again_while_its_times_stay(monkeypatch):
    write_large(HOLE)
    of_video()
    write_large()
    before = of_video()

    def refuse(*_):
        raise AssertionError("read again")

    monkeypatch.setattr(identities, "content_digest", refuse)
    monkeypatch.setattr(identities, "spread_digest", refuse)
    assert of_video() == before


TABLE = "lab/labeled-data/v/CollectedData_A.csv"


def correct_a_label():
    with open(TABLE) as file:
        text = file.read()
    with open(TABLE, "w") as file:
        file.write(text.replace("1.png,1,2", "1.png,7,2"))


def replace_a_picture():
    cv2.imwrite("lab/labeled-data/v/2.png", np.full((8, 8, 3), 99, np.uint8))


def label_another_video():
    shutil.copytree("lab/labeled-data/v", "lab/labeled-data/w")
    table = "lab/labeled-data/w/CollectedData_A.csv"
    with open(table) as file:
        text = file.read()
    with open(table, "w") as file:
        file.write(text.replace("labeled-data/v", "labeled-data/w"))


@pytest.mark.parametrize("change", [correct_a_label, replace_a_picture, label_another_video])
def test_what_a_reader_reads_is_the_data_set(change):
    before = of_dataset()
    change()
    assert of_dataset() != before


def test_what_no_reader_reads_is_not_in_it(study):
    before = of_dataset()
    (study / "lab/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (study / "lab/notes.txt").write_text("mouse 3 was tired\n")
    cv2.imwrite("lab/labeled-data/v/3.png", np.full((8, 8, 3), 3, np.uint8))  # not labeled
    os.utime(TABLE, (1e9, 1e9))
    assert of_dataset() == before


def test_a_data_set_is_the_same_elsewhere(study):
    before = of_dataset()
    shutil.copytree("lab", "other disk/lab", copy_function=shutil.copyfile)  # with new dates
    assert of_dataset(replace(ROW, path="other disk/lab")) == before


def test_a_data_set_that_cannot_be_read_is_another_than_a_good_one(study):
    before = of_dataset()
    with open(TABLE, "w") as file:
        file.write("no table\n")
    assert of_dataset() != before


@pytest.mark.parametrize("place", [0, 500, 999])
def test_a_large_file_is_told_by_its_head_middle_and_tail(study, monkeypatch, place):
    monkeypatch.setattr(contents, "SAMPLE_BYTES", 10)
    file = study / "large"
    file.write_bytes(bytes(1000))
    before = content_digest(file, whole_bytes=999)
    for changed, is_noticed in ((place, True), (250, False)):
        content = bytearray(1000)
        content[changed] = 1
        file.write_bytes(content)
        assert (content_digest(file, whole_bytes=999) != before) == is_noticed
        assert content_digest(file, whole_bytes=1000) != content_digest(file, whole_bytes=999)
    file.write_bytes(bytes(1001))
    assert content_digest(file, whole_bytes=999) != before


def test_a_file_of_the_limit_is_read_whole(study):
    file = study / "limit"
    digests = set()
    for content in (b"aaaa", b"abaa"):
        file.write_bytes(content)
        digests.add(content_digest(file, whole_bytes=4))
    assert len(digests) == 2
