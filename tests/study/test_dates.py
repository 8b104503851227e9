"""Dates of results after a copy that lost them."""

import json
import os
import shlex
import shutil
import subprocess
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from superanimal_core.study.dates import (
    FEWEST,
    LOOKED_AT,
    MARK,
    MARKED_NS,
    SAME_S,
    doubt_of_dates,
    keep_dates,
)


def record(study, result, date_s, parts=1):
    """Metadata as Snakemake writes them; a long name is spread over folders."""
    name = urlsafe_b64encode(result.encode()).decode()
    size = -(-len(name) // parts)
    pieces = [name[i : i + size] for i in range(0, len(name), size)]
    path = study.joinpath(".snakemake/metadata", *("@" + p for p in pieces[:-1]), pieces[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"rule": "r", "endtime": date_s}))


@pytest.fixture
def study(tmp_path):
    """A table, a folder with Snakemake's time stamp, and a long name; marked."""
    study = tmp_path / "study"
    dates = {"results/a.parquet": 1000.25, "results/model": 2000.5, "results/b.parquet": 3000.0}
    for name, date_s in dates.items():
        record(study, name, date_s, parts=3 if name.endswith("b.parquet") else 1)
    (study / "results/model").mkdir(parents=True)
    for name in ("a.parquet", "b.parquet", "model/.snakemake_timestamp", "model/weights"):
        (study / "results" / name).write_text(name)
    for name, date_s in dates.items():
        path = study / name
        os.utime(path / ".snakemake_timestamp" if path.is_dir() else path, (date_s, date_s))
    assert keep_dates(study) == ""
    return study


def dates(study):
    names = ("a.parquet", "model/.snakemake_timestamp", "b.parquet")
    return [(study / "results" / name).stat().st_mtime for name in names]


def test_a_copy_without_dates_gets_them_back(study, tmp_path):
    copy = shutil.copytree(study, tmp_path / "copy", copy_function=shutil.copyfile)
    assert dates(copy) != dates(study)
    assert keep_dates(copy) == (
        "This study was copied without dates: 3 results have theirs back.\n"
    )
    assert dates(copy) == dates(study) == [1000.25, 2000.5, 3000.0]
    assert keep_dates(copy) == ""


def test_a_copy_of_one_old_date_has_no_output_that_is_older_than_inputs(study, tmp_path):
    """Restored from a backup: of Snakemake's outputs, only benchmarks have no record of a date."""
    benchmark = study / "benchmarks/rule/one.tsv"
    benchmark.parent.mkdir(parents=True)
    benchmark.write_text("s\n1\n")
    for path in (*study.rglob("*"), study):
        os.utime(path, (5, 5))
    assert "3 results have theirs back" in keep_dates(study)
    assert benchmark.stat().st_mtime > max(dates(study))


def test_files_of_somebody_else_stop_nothing_and_are_counted(study, monkeypatch):
    os.utime(study / MARK)

    def utime(path, *args, **more):
        if "results" in Path(path).parts and Path(path).name == "a.parquet":
            raise PermissionError(1, "Operation not permitted")
        changed(path, *args, **more)

    changed = os.utime
    monkeypatch.setattr(os, "utime", utime)
    said = keep_dates(study)
    assert "2 results have theirs back" in said
    assert "1 more may not be changed here" in said


def test_a_study_that_kept_its_dates_is_left_alone(study, tmp_path):
    moved = study.rename(tmp_path / "moved")
    os.utime(moved / "results/a.parquet", (5, 5))  # a result that was really made anew
    assert keep_dates(moved) == ""
    assert dates(moved)[0] == 5


def test_a_lost_result_and_a_damaged_record_stop_nothing(study):
    (study / "results/a.parquet").unlink()
    (study / ".snakemake/metadata/bm90anNvbg==").write_text("{")
    os.utime(study / MARK)
    assert "2 results" in keep_dates(study)


@pytest.mark.parametrize("mark", [False, True])
def test_results_without_metadata_are_told_what_to_do(study, mark):
    """Marked, but of another date: of .snakemake a part was copied."""
    shutil.rmtree(study / ".snakemake/metadata")
    os.utime(study / MARK)
    if not mark:
        (study / MARK).unlink()
    assert "copy that folder, too" in keep_dates(study)
    assert "--touch --forceall" in keep_dates(study)  # told again, as nothing was done


@pytest.mark.parametrize("known", range(5))
def test_what_a_run_made_meanwhile_does_not_make_the_others_known(tmp_path, known):
    """Plain Snakemake goes on although it is told; the next start tells it again."""
    (tmp_path / "results/model").mkdir(parents=True)
    for number in range(3):
        (tmp_path / f"results/{number}.parquet").touch()
        if number < known:
            record(tmp_path, f"results/{number}.parquet", 1000.0)
    (tmp_path / "results/model/weights").touch()
    if known == 4:
        record(tmp_path, "results/model", 1000.0)
    assert bool(keep_dates(tmp_path)) == bool(doubt_of_dates(tmp_path)) == (known < 2)


def test_what_lies_in_a_known_folder_is_known(tmp_path):
    (tmp_path / "results/model/part").mkdir(parents=True)
    (tmp_path / "results/model/part/weights").touch()
    record(tmp_path, "results/model", 1000.0)
    assert keep_dates(tmp_path) == ""


@pytest.mark.parametrize("name", ["settings.yaml", ".DS_Store", ".member-0-a7/checkpoint"])
def test_what_a_killed_first_run_leaves_is_no_result(tmp_path, name):
    path = tmp_path / "results" / name
    path.parent.mkdir(parents=True)
    path.touch()
    assert keep_dates(tmp_path) == ""
    assert keep_dates(tmp_path) == ""


def test_results_that_lie_on_another_disk_are_results(tmp_path):
    (tmp_path / "disk/m1").mkdir(parents=True)
    (tmp_path / "disk/m1/poses.parquet").touch()
    study = tmp_path / "study"
    (study / "results").mkdir(parents=True)
    (study / "results/videos").symlink_to(tmp_path / "disk")
    assert "copy that folder, too" in keep_dates(study)


def test_a_new_study_is_marked_without_a_word(tmp_path):
    assert keep_dates(tmp_path) == ""
    assert (tmp_path / MARK).stat().st_mtime_ns == MARKED_NS


def finished(study, results):
    """As many results, each of the date that is known of it; marked."""
    (study / "results").mkdir()
    for number in range(results):
        name = f"results/{number}.parquet"
        (study / name).touch()
        os.utime(study / name, (1000, 1000))
        record(study, name, 1000.0)
    assert keep_dates(study) == ""
    return sorted((study / "results").iterdir())


@pytest.mark.parametrize(
    ("results", "changed", "later_s", "is_told"),
    [
        (FEWEST, FEWEST // 2, 50, False),
        (FEWEST, FEWEST // 2 + 1, 50, True),
        (FEWEST, FEWEST, -50, True),
        (FEWEST - 1, FEWEST - 1, 50, False),
        (FEWEST, FEWEST, SAME_S - 0.1, False),
        (FEWEST, FEWEST, SAME_S + 0.1, True),
        (3 * LOOKED_AT + 7, 3 * LOOKED_AT + 7, 50, True),
    ],
)
def test_results_alone_that_were_brought_back_are_told(
    tmp_path, results, changed, later_s, is_told
):
    for path in finished(tmp_path, results)[:changed]:
        os.utime(path, (1000 + later_s, 1000 + later_s))
    why = doubt_of_dates(tmp_path)
    assert bool(why) == is_told
    if is_told:
        found, _, looked_at, *_ = why.split()
        assert int(looked_at) == results or LOOKED_AT / 2 <= int(looked_at) <= LOOKED_AT
        assert int(found) == min(changed, int(looked_at))
    assert keep_dates(tmp_path).startswith(why)


def test_results_of_the_last_run_get_their_dates_back_as_told(tmp_path):
    study = tmp_path / "a study"
    study.mkdir()
    for path in finished(study, FEWEST):
        os.utime(path)
    [_, command, _] = keep_dates(study).split("`")
    subprocess.run(shlex.split(command), check=True)
    assert doubt_of_dates(study) == ""
    assert f"{FEWEST} results have theirs back" in keep_dates(study)
    assert {path.stat().st_mtime for path in (study / "results").iterdir()} == {1000.0}
    assert doubt_of_dates(study) == ""
