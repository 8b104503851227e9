"""A study and its page that several tests look at."""

import pytest
from made_study import Made, write_report


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """The folder of a study with a good, a doubtful and a broken video, its page written."""
    folder = tmp_path_factory.mktemp("study")
    write_report(folder, Made(good=1, flagged=1, failed=1))
    return folder


@pytest.fixture(scope="session")
def page(study):
    """The text of its page."""
    return (study / "results" / "report" / "index.html").read_text(encoding="utf-8")
