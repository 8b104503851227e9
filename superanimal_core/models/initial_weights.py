"""What a network's backbone starts from: a checkpoint, or one of our own models."""

from pathlib import Path

from torch import Tensor

from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.checkpoints import read_tensors
from superanimal_core.tables.bundles_description import read_description


def read_initial_weights(path: str | None) -> tuple[str, dict[str, Tensor]] | None:
    """Tensors to fill a backbone from, with where they come from; nothing without a path.

    A folder is one of our pose models, whose backbone is taken; a file is a checkpoint.
    """
    if not path:
        return None
    if Path(path).is_dir():
        return path, read_bundle(path).network.get_submodule("backbone").state_dict()
    return path, read_tensors(path)


def terms_of_weights(path: str | None) -> tuple[str, ...]:
    """The terms that weights bring along: those of our own model folders are known."""
    if not path or not Path(path).is_dir():
        return ()
    return tuple(read_description(path).get("terms", ()))
