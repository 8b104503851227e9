"""Numbers of threads that a shell gives: what pandas would end with a traceback on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from superanimal_core.jobs.thread_counts import (
    NUMEXPR,
    OPENMP,
    settle_threads,
    threads_to_type,
)

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments, **variables):
    """How a command ends in a shell with these variables."""
    given = {name: text for name, text in os.environ.items() if name not in (OPENMP, NUMEXPR)}
    environment = {**given, **variables, "PYTHONPATH": str(ROOT)}
    typed = [sys.executable, "-m", "superanimal_core", *map(str, arguments)]
    return subprocess.run(typed, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [OPENMP, NUMEXPR])
def test_what_is_no_number_is_one_sentence_of_what_concerns_jobs(tmp_path, name):
    for typed in ("run", "plan", "doctor"):
        ended = command(typed, *["--study"] * (typed == "doctor"), tmp_path, **{name: "all"})
        assert ended.returncode == 1
        (line,) = ended.stderr.splitlines()
        assert line.startswith(f"{typed}: {name} is 'all', which is no number of threads: `unset")
        assert f"export {name}=4" in line


@pytest.mark.parametrize("name", [OPENMP, NUMEXPR])
@pytest.mark.parametrize(
    "typed", ["--help", "run --help", "export --help", "export-labels -h", "completion bash"]
)
def test_what_starts_no_jobs_works_with_what_is_no_number(typed, name):
    ended = command(*typed.split(), **{name: "all"})
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("typed", ["status", "check", "why"])
def test_what_is_no_number_is_no_mistake_of_what_starts_no_jobs(tmp_path, typed):
    ended = command(typed, tmp_path, *["m"] * (typed == "why"), OMP_NUM_THREADS="all")
    assert "has no config/config.yaml" in ended.stderr


def test_a_list_for_openmp_is_no_mistake(tmp_path):
    ended = command("run", tmp_path, OMP_NUM_THREADS="4,2")
    assert "has no config/config.yaml" in ended.stderr  # its own mistake, not one of threads


@pytest.mark.parametrize(
    ("openmp", "numexpr", "told"),
    [("4,2", None, "4"), (" 8 , 2,1 ", None, "8"), ("4,2", "3", "3"), ("4,2", "", "4"),
     ("4", None, None), (" 4 ", None, None), ("", None, None), (None, None, None),
     ("all", "3", "3")],
)  # fmt: skip
def test_numexpr_is_told_the_first_figure_of_a_list(monkeypatch, openmp, numexpr, told):
    for name, text in ((OPENMP, openmp), (NUMEXPR, numexpr)):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
        if text is not None:
            monkeypatch.setenv(name, text)
    assert settle_threads() == ""
    assert os.environ.get(NUMEXPR) == told
    assert os.environ.get(OPENMP) == openmp
    is_list = "," in (openmp or "")
    assert threads_to_type() == (f"NUMEXPR_NUM_THREADS={told} " if is_list else "")
    imported = [sys.executable, "-c", "import numexpr"]
    assert subprocess.run(imported, check=False).returncode == 0


@pytest.mark.parametrize("wrong", ["all", "4,", ",2", "0,2", "4;2", "1e1", "4,two"])
def test_what_is_neither_a_number_nor_a_list_is_told(monkeypatch, wrong):
    monkeypatch.setenv(NUMEXPR, "")
    monkeypatch.setenv(OPENMP, wrong)
    assert settle_threads().startswith(f"OMP_NUM_THREADS is '{wrong}', which is no number")
    assert os.environ[NUMEXPR] == "1"
    assert settle_threads() == ""  # nothing here reads the other one
