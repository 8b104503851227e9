"""Where Snakemake's cache goes for somebody whose home folder takes nothing."""

import os
import tempfile

import pytest

from superanimal_core.commands.cache_home import VARIABLE, find_cache_home

NOWHERE = "/proc/self/no-home"  # no file can be made there, not even by root


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_home_that_takes_files_stays(home):
    assert find_cache_home(home) == ""
    assert os.environ[VARIABLE] == ""
    assert list((home / ".cache/snakemake").iterdir()) == []  # nothing is left of the try


@pytest.mark.parametrize("variable", ["HOME", VARIABLE])
def test_a_home_that_takes_none_is_replaced_by_the_study(home, monkeypatch, variable):
    monkeypatch.setenv(variable, NOWHERE)
    study = home / "my study"
    study.mkdir()
    folder = study / ".snakemake/cache"
    assert find_cache_home(study) == f"{VARIABLE}='{folder}' "
    assert os.environ[VARIABLE] == str(folder)
    assert find_cache_home(study) == ""  # the next one takes it as it is


def test_beside_a_study_that_takes_none_either_it_is_temporary(home, monkeypatch):
    monkeypatch.setenv("HOME", NOWHERE)
    monkeypatch.setattr(tempfile, "tempdir", str(home / "tmp"))
    study = home / "no folder"
    study.write_text("")
    find_cache_home(study)
    assert os.environ[VARIABLE] == str(home / "tmp/superanimal-cache")


def test_where_nothing_can_be_written_snakemake_tells_it(home, monkeypatch):
    monkeypatch.setenv("HOME", NOWHERE)
    monkeypatch.setattr(tempfile, "tempdir", NOWHERE)
    (home / "file").touch()
    assert find_cache_home(home / "file") == ""
