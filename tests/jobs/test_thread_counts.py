"""Numbers of threads that a shell gives: what pandas would end with a traceback on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from superanimal_core.jobs.thread_counts import NUMEXPR, OPENMP, settle_threads

ROOT = Path(__file__).resolve().parents[2]


def command(*arguments, **variables):
    """How a command ends in a shell with these variables."""
    given = {name: text for name, text in os.environ.items() if name not in (OPENMP, NUMEXPR)}
    environment = {**given, **variables, "PYTHONPATH": str(ROOT)}
    typed = [sys.executable, "-m", "superanimal_core", *map(str, arguments)]
    return subprocess.run(typed, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [OPENMP, NUMEXPR])
def test_what_is_no_number_is_one_sentence_of_every_command_that_loads_pandas(tmp_path, name):
    for typed in ("run", "doctor"):
        ended = command(typed, *["--study"] * (typed == "doctor"), tmp_path, **{name: "all"})
        assert ended.returncode == 1
        (line,) = ended.stderr.splitlines()
        assert line.startswith(f"{typed}: {name} is 'all', which is no number of threads: `unset")
        assert f"export {name}=4" in line
    assert command("--help", **{name: "all"}).returncode == 0


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
        monkeypatch.delenv(name, raising=False)
        if text is not None:
            monkeypatch.setenv(name, text)
    assert settle_threads() == ""
    assert os.environ.get(NUMEXPR) == told
    assert os.environ.get(OPENMP) == openmp
    imported = [sys.executable, "-c", "import numexpr"]
    assert subprocess.run(imported, check=False).returncode == 0


@pytest.mark.parametrize("wrong", ["all", "4,", ",2", "0,2", "4;2", "1e1", "4,two"])
def test_what_is_neither_a_number_nor_a_list_is_told(monkeypatch, wrong):
    monkeypatch.delenv(NUMEXPR, raising=False)
    monkeypatch.setenv(OPENMP, wrong)
    assert settle_threads().startswith(f"OMP_NUM_THREADS is '{wrong}', which is no number")
    assert NUMEXPR not in os.environ
