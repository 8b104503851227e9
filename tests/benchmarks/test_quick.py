"""`make benchmarks` calls every benchmark in the form that it has, and nothing else."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NO_QUICK_FORM = {"backbones", "tail_job"}  # tables, and what another one calls


def test_every_program_of_the_folder_is_called_or_known_to_have_no_quick_form():
    asked = ["make", "--dry-run", "benchmarks"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loop = re.search(r"for file in (.*?);", told)
    assert loop, told
    called = {Path(file).stem for file in loop[1].split()}
    programs = {
        path.stem
        for path in (ROOT / "benchmarks").glob("*.py")
        if "__main__" in path.read_text(encoding="utf-8")
    }
    assert called == programs - NO_QUICK_FORM


def test_what_is_called_has_that_option():
    for path in (ROOT / "benchmarks").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "__main__" in text and path.stem not in NO_QUICK_FORM:
            assert re.search(r'add_argument\(\s*"--quick"|parser_of_videos\(', text), path


LOAD = """
import runpy, sys
for file in sys.argv[1:]:
    runpy.run_path(file)
"""


def test_what_they_use_of_the_program_and_of_its_tests_is_there():
    files = sorted(map(str, (ROOT / "benchmarks").glob("*.py")))
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'benchmarks'}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", LOAD, *files]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
