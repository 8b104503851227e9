"""Paths that somebody types: homes, and names that are no text."""

import os
from pathlib import Path

import pytest

from superanimal_core.__main__ import main
from superanimal_core.commands.profile_requests import installed_profile
from superanimal_core.commands.typed_path import typed_path
from superanimal_core.errors import SuperAnimalError
from superanimal_core.study.shipped import WORKFLOW


def test_a_home_is_that_of_its_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert typed_path("~/study") == typed_path(Path("~/study")) == tmp_path / "study"
    assert typed_path("study") == Path("study")
    assert typed_path(".") == Path()
    assert typed_path("/a/~b") == Path("/a/~b")
    Path("~x.mp4").touch()
    assert typed_path("~x.mp4") == Path("~x.mp4")


@pytest.mark.parametrize(
    "typed",
    [
        ["status", "~nobody_of_here/study"],
        ["init", "~nobody_of_here/study", "--videos", "."],
        ["init", "study", "--species", "mouse", "--videos", "~nobody_of_here/study"],
        ["init", "study", "--videos", ".", "--model", "~nobody_of_here/study"],
        ["run", "~nobody_of_here/study", "--videos", ".", "--model", "m"],
    ],
)
def test_the_home_of_nobody_is_told_in_a_sentence(tmp_path, monkeypatch, capsys, typed):
    monkeypatch.chdir(tmp_path)
    assert main(typed) == 1
    (told,) = capsys.readouterr().err.splitlines()
    place = "~nobody_of_here/study: whose home ~nobody_of_here is is not known; write it out"
    assert told.endswith(place)
    assert [*tmp_path.iterdir()] == []


def test_a_user_without_a_home_has_the_shipped_profile(monkeypatch):
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)

    def no_such_user(uid):
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", no_such_user)
    assert installed_profile() == WORKFLOW / "profiles/slurm"
    with pytest.raises(SuperAnimalError, match="whose home ~ is"):
        typed_path("~/study")


@pytest.mark.parametrize("command", [["status"], ["init", "--videos", "."]])
def test_a_folder_whose_name_is_no_text_is_refused(tmp_path, monkeypatch, capsys, command):
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/M\xfcller")
    try:
        os.makedirs(f"{folder}/config")
    except OSError:
        pytest.skip("this disk takes no such names")
    Path(folder, "config/config.yaml").touch()
    monkeypatch.chdir(tmp_path)
    name, *rest = command
    for written in (folder, os.path.basename(folder)):
        assert main([name, written, *rest]) == 1
        (told,) = capsys.readouterr().err.splitlines()
        assert told == (
            f"{name}: {tmp_path}/M\\xfcller: a name in it is not UTF-8, which files of text are; "
            "rename it"
        )


def test_umlauts_in_utf_8_are_text(tmp_path):
    (tmp_path / "Müller").mkdir()
    assert main(["status", str(tmp_path / "Müller")]) == 1  # no study, and no traceback
