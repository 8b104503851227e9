"""The installed package without a clone: its wheel carries what a run needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_study import REPOSITORY, copy_workflow, quality_rows, write_tiny_study

SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the package installed from a wheel that was built from a copy of the sources.

    Of the environment's own packages, as nothing is fetched.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_workflow(folder / "source")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(REPOSITORY / name, source / name)
    plugin = "snakemake_executor_plugin_slurm_steady"
    shutil.copytree(REPOSITORY / plugin, source / plugin)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    alone = ["--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "wheel", *alone, "-w", str(folder), str(source)], check=True)
    shutil.rmtree(source)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "install", *alone, "-t", str(folder / "site"), str(wheel)], check=True)
    return folder / "site"


@pytest.fixture
def typed(installed, tmp_path):
    """Type a command of the installed package, in a folder beside the study."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}

    def run(*arguments):
        command = [sys.executable, "-P", "-m", "superanimal_core", *map(str, arguments)]
        result = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
        return result.stdout + result.stderr

    return run


@SLOW
def test_every_file_of_the_program_is_carried(installed):
    carried = installed / "superanimal_core/program"
    folders = ("config", "workflow/rules", "workflow/scripts", "profiles", "envs")
    own = {
        path.relative_to(REPOSITORY)
        for folder in folders
        for path in (REPOSITORY / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    own |= {path.relative_to(REPOSITORY) for path in (REPOSITORY / "workflow").glob("*.smk")}
    assert len(own) > 100
    assert {path for path in own if not (carried / path).is_file()} == set()
    package = {path.relative_to(REPOSITORY) for path in REPOSITORY.glob("superanimal_core/**/*.*")}
    kept = {p for p in package if "__pycache__" not in p.parts}
    assert {path for path in kept if not (installed / path).is_file()} == set()


@SLOW
def test_the_tiny_study_runs_without_a_clone(typed, installed, tmp_path):
    study = write_tiny_study(tmp_path / "study")
    told = typed("init", "made", "--videos", study / "raw", "--species", "mouse")
    assert "videos in made/config/videos.tsv: 1" in told
    assert str(installed) in (tmp_path / "made/config/config.yaml").read_text()
    assert "nothing is wrong" in typed("check", study)
    told = typed("run", study, "--", "--cores", "2")
    assert f"--snakefile {installed}/superanimal_core/program/Snakefile" in told
    assert quality_rows(study)["mouse"]["status"] in ("ok", "flagged")
    assert (study / "results/report/index.html").is_file()
    of_clone = told.replace(str(Path(sys.executable).parent), "")  # an environment in the clone
    assert str(REPOSITORY) not in of_clone
    assert "nothing" in typed("run", study, "--", "-n").lower()
