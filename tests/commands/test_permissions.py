"""A study of somebody else whose files may not be read: whose they are, and what to ask for."""

import getpass
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from test_status_command import study

from superanimal_core.__main__ import main

__all__ = ["study"]  # a fixture
ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
AS_NOBODY = f"""
import encodings.idna, encodings.utf_8_sig, os, sys
import superanimal_core.commands.check, superanimal_core.commands.status
import superanimal_core.commands.why
from superanimal_core.__main__ import main
from superanimal_core.study.overlay import CONFIG, WORKFLOW, read_config
from superanimal_core.study import overlay, shipped
whole = read_config(WORKFLOW / CONFIG)
read = overlay.read_config
overlay.read_config = lambda path: whole if str(path).startswith(str(WORKFLOW)) else read(path)
os.setgroups([])
os.setegid({NOBODY})
os.seteuid({NOBODY})
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def shared(study):
    """A study where another user gets at it; folders of pytest are its owner's alone."""
    if os.geteuid() != 0:
        pytest.skip("only root may become another user")
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        copy = Path(shutil.copytree(study, Path(folder, "study")))
        copy.chmod(0o755)
        yield copy


@pytest.fixture
def told():
    """What a command says to another user."""

    def run(*arguments):
        command = [sys.executable, "-c", AS_NOBODY, *map(str, arguments)]
        where = {"cwd": "/", "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
        ended = subprocess.run(command, capture_output=True, text=True, **where)
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended.stdout + ended.stderr

    return run


def asked(study, closed, mode):
    owner = getpass.getuser()
    whose = f"{closed} is {owner}'s (mode {mode}) and you may not read it"
    return f"{whose}: ask {owner} for `chmod -R o+rX {study}`"


def test_a_video_that_may_not_be_read_is_told_and_the_others_go_on(shared, told):
    account, folder = shared / "results/videos/good/quality.json", shared / "results/videos/half"
    account.chmod(0o600)
    folder.chmod(0o700)
    text = told("status", shared)
    assert "videos 6: ok 0, flagged 1, failed 2, not readable 2, not finished 1" in text
    assert f"  good: {asked(shared, account, 600)}" in text
    assert f"  half: {asked(shared, folder, 700)}" in text
    why = told("why", shared, "good")
    assert asked(shared, account, 600) in why
    assert "delete" not in why
    (shared / "results/videos/empty/boxes.parquet").chmod(0o600)
    (shared / "results/videos/empty/adapted/failure.json").chmod(0o600)
    assert asked(shared, shared / "results/videos/empty/adapted/failure.json", 600) in told(
        "why", shared, "empty"
    )


def test_folders_of_a_study_that_may_not_be_read_are_told(shared, told):
    hidden = shared / ".snakemake"
    hidden.mkdir(mode=0o700)
    (hidden / "locks").mkdir()
    assert f"whether a run goes on is not known: {asked(shared, hidden, 700)}" in told(
        "status", shared
    )
    (shared / "config").chmod(0o700)
    for command in (["status"], ["check"]):
        assert asked(shared, shared / "config", 700) in told(*command, shared)
    assert asked(shared, shared / "config", 700) in told("why", shared, "good")
    shared.chmod(0o700)
    assert asked(shared, shared, 700) in told("status", shared)


@pytest.mark.parametrize(("named", "own"), [("videos", ""), ("datasets", ""), ("datasets", "mine")])
def test_a_sheet_that_may_not_be_read_is_told_with_its_owner(shared, told, named, own):
    sheet = shared / "config" / f"{own or named}.tsv"
    if own:
        config = shared / "config/config.yaml"
        config.write_text(f"{config.read_text()}{named}: config/{own}.tsv\n")
    sheet.write_text("path\nm.mp4\n")
    sheet.chmod(0)
    for command in (["status", shared], ["check", shared], ["why", shared, "new"]):
        assert asked(shared, sheet, "000") in told(*command)


def test_a_link_to_what_may_not_be_entered_names_that(shared, told):
    private = shared.parent / "private"
    private.mkdir()
    moved = shared.rename(private / "study")
    link = shared.parent / "linked"
    link.symlink_to(moved)
    private.chmod(0o700)
    closed = f"{private} is {getpass.getuser()}'s (mode 700) and you may not read it"
    for command in (["status", link], ["why", link, "good"]):
        assert closed in told(*command)


@pytest.mark.parametrize("closed", ["logs", "results", "results/report", "results/groups"])
def test_closed_folders_beside_the_videos_leave_the_table(shared, told, closed):
    (shared / closed).mkdir(parents=True, exist_ok=True)
    (shared / closed).chmod(0o700)
    text = told("status", shared)
    assert "videos 6: " in text
    assert ("not readable 6" in text) == (closed == "results")


def test_a_link_that_leads_nowhere_is_no_file_of_somebody_else(study, tmp_path, capsys):
    config = study / "config/config.yaml"
    config.unlink()
    config.symlink_to(tmp_path / "annex/config.yaml")
    assert main(["status", str(study)]) == 1
    assert "may not read" not in (told := capsys.readouterr().err)
    assert len(told.splitlines()) == 1
