"""Of several who would write a file one does, and nobody waits for whoever holds it."""

from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock

import pytest

from superanimal_core.jobs import first_file
from superanimal_core.jobs.first_file import write_first


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "start.json"


def test_what_is_there_stays_where_somebody_says_why(path):
    assert write_first(path, "one", lambda: "not asked") == ""
    assert write_first(path, "two", lambda: "it runs") == "it runs"
    assert path.read_text() == "one"
    assert write_first(path, "three", lambda: "") == ""
    assert path.read_text() == "three"
    assert {each.name for each in path.parent.iterdir()} <= {"start.json", "start.lock"}


@pytest.mark.parametrize("freed_after", [0, 3, 1000])
def test_a_lock_that_stays_taken_keeps_nobody(path, monkeypatch, freed_after):
    """Of a process that was stopped, or of a file server whose locks are away."""
    path.parent.mkdir()
    pauses = []
    with path.with_suffix(".lock").open("a") as other:
        flock(other, LOCK_EX)

        def pause(seconds):
            pauses.append(seconds)
            if len(pauses) == freed_after:
                flock(other, LOCK_UN)

        monkeypatch.setattr(first_file.time, "sleep", pause)
        if freed_after == 0:
            flock(other, LOCK_UN)

        def is_free():
            try:
                flock(other, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                return "locked"
            return "free"

        path.write_text("one")
        held = write_first(path, "two", is_free)
    assert (held == "locked") is (freed_after < 1000)
    assert len(pauses) == freed_after if freed_after < 1000 else 1 <= sum(pauses) <= 2.5
