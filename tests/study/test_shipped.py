"""What jobs import is what the workflow imports, whatever lies in the study's folder."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from superanimal_core.jobs.run_owner import command_of_snakemake
from superanimal_core.study.shipped import PACKAGE, lead_scripts_here

JOB = "import superanimal_core; print(superanimal_core.__file__)"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A study's folder in which somebody keeps modules that are called as others are."""
    for name in ("json.py", "superanimal_core.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong one')")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_job_imports_nothing_from_the_folder_that_it_runs_in(folder, monkeypatch):
    for name in ("PYTHONPATH", "PYTHONSAFEPATH"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(sys, "executable", sys.executable)
    (folder / "job.py").write_text("import json\n" + JOB)
    lead_scripts_here()
    for how in (["-c", "import json\n" + JOB], ["-m", "json.tool", "--help"], ["job.py"]):
        command = [sys.executable, *how]
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "the wrong one" not in ended.stderr
    assert Path(ended.stdout.strip()).parent == PACKAGE


def test_the_plain_command_imports_nothing_from_there_either(folder):
    program, *rest = shlex.split(command_of_snakemake("/program/Snakefile"))
    version = [program, *rest[: rest.index("snakemake") + 1], "--version"]
    known = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    ended = subprocess.run(version, env=known, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.strip().partition(".")[0].isdigit()
