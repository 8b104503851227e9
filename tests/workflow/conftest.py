"""One run of the whole chain per session; every test gets a copy of its results.

The copies of the workflow and of the finished study belong to one process: with pytest-xdist, the
tests of this folder stay together (`--dist loadgroup`).
"""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from tiny_study import copy_workflow, rules_after, run_snakemake, write_tiny_study

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Keep the tests of this folder in one process."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("workflow"))


@pytest.fixture(scope="session")
def workflow(tmp_path_factory):
    """A copy of the program."""
    return copy_workflow(tmp_path_factory.mktemp("program") / "workflow")


@pytest.fixture(scope="session")
def new_study(tmp_path_factory):
    """A study that has not been run."""
    return write_tiny_study(tmp_path_factory.mktemp("new") / "study")


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory, workflow, new_study):
    """The study after a whole run; not to be changed."""
    study = shutil.copytree(new_study, tmp_path_factory.mktemp("finished") / "study")
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout[-8000:]
    (study / "told.txt").write_text(result.stdout)
    return study


@pytest.fixture(scope="session")
def with_what_follows(workflow, finished_study):
    """Rules together with all that come after them."""
    after = rules_after(workflow, finished_study)
    return lambda *rules: set(rules).union(*(after[rule] for rule in rules))


@pytest.fixture
def study(tmp_path, finished_study):
    """A copy of the finished study to work with."""
    return shutil.copytree(finished_study, tmp_path / "study", symlinks=True)


@pytest.fixture
def fresh_study(tmp_path, new_study):
    """A copy of the study that has not been run."""
    return shutil.copytree(new_study, tmp_path / "study")


@pytest.fixture
def edited(workflow):
    """Context manager: a module of the copied package with another text, and back again."""

    @contextmanager
    def edit(module, change):
        path = workflow / "superanimal_core" / module
        text, times = path.read_text(), path.stat()
        changed = change(text)
        assert changed != text
        path.write_text(changed)
        try:
            yield
        finally:
            path.write_text(text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    return edit


@pytest.fixture
def sabotage(tmp_path):
    """Make functions fail for chosen videos, from outside: a sitecustomize.py on the path.

    Call it with lines 'module function word action': a call of the function one of whose arguments
    contains the word ends in `action`: raise, kill, or raise-once, kill-once (the first time only).
    Every such call is noted in calls.txt of the returned folder.
    """

    def prepare(*lines):
        folder = tmp_path / "sabotage"
        folder.mkdir()
        shutil.copy(HERE / "sabotage.py", folder / "sitecustomize.py")
        (folder / "plan.txt").write_text("\n".join(lines))
        return folder

    return prepare
