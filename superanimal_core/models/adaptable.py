"""Which networks can be adapted."""

from superanimal_core.errors import SuperAnimalError
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.context import ContextNetwork


def refuse_context(bundle: ModelBundle) -> None:
    """SuperAnimalError for a network that looks at neighboring frames: labels here have none."""
    if isinstance(bundle.network, ContextNetwork):
        raise SuperAnimalError(
            "a network that looks at neighboring frames cannot be adapted to a video; write "
            "adaptation.enabled: false"
        )
