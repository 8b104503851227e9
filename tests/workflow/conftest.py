"""One run of the whole chain for all tests; every test gets a copy of its results.

With pytest-xdist, the processes share the finished study, and each has a copy of the program that
it may edit: a study does not know which copy of the same program made it.
"""

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from tiny_study import copy_workflow, rules_after, run_snakemake, write_tiny_study

HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)  # when those that are not asked for have gone
def pytest_collection_modifyitems(items):
    """One test begins with making the finished study; those that would wait for it come last."""
    waiting = [item for item in items if "finished_study" in getattr(item, "fixturenames", ())]
    items[:] = waiting[:1] + [item for item in items if item not in waiting] + waiting[1:]


@pytest.fixture(scope="session")
def workflow(tmp_path_factory):
    """A copy of the program."""
    return copy_workflow(tmp_path_factory.mktemp("program") / "workflow")


@pytest.fixture(scope="session")
def new_study(tmp_path_factory):
    """A study that has not been run."""
    return write_tiny_study(tmp_path_factory.mktemp("new") / "study")


@contextmanager
def one_at_a_time(folder):
    """The other processes of the tests wait until this one has done what it does in a folder."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def finished_study(tmp_path_factory, worker_id, workflow, new_study):
    """The study after a whole run, made by the first process that wants it; not to be changed."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "finished"
    study, told = folder / "study", folder / "study/told.txt"
    with one_at_a_time(folder):
        if not told.exists():  # which is written last
            shutil.copytree(new_study, study, dirs_exist_ok=True)
            result = run_snakemake(workflow, study)
            assert result.returncode == 0, result.stdout[-8000:]
            told.write_text(result.stdout)
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
