import pytest

from superanimal_core.network.bundle import ModelBundle


@pytest.fixture
def bundle_of_network():
    """A bundle around any network."""
    return lambda network, space, crop: ModelBundle(network, space, "none", {}, crop, ())
