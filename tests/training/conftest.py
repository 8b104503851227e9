import pytest
from dot_world import DotWorld


@pytest.fixture(scope="session")
def world():
    """A tiny world to learn."""
    return DotWorld
