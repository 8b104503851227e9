"""Model folders that say which poses their labels show: the subspaces of poses and of views."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from superanimal_core.network.bundle import ModelBundle
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.training.pose_pca import PoseSubspace, subspace_from


@dataclass(frozen=True)
class SubspaceBundle(ModelBundle):
    """A pose model with `subspaces`, described in plain values; `read_subspaces` reads them again.

    A class of its own, so that models without them, and all that is made by these, stay as they
    were: `write_bundle` writes whatever fields a bundle has, and `read_bundle` needs none of these.
    """

    subspaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def with_subspaces(bundle: ModelBundle, subspaces: Mapping[str, PoseSubspace]) -> SubspaceBundle:
    """The same model, which says its subspaces too."""
    described = {name: subspace.described() for name, subspace in subspaces.items()}
    return SubspaceBundle(**vars(bundle), subspaces=described)


def read_subspaces(folder: str | Path) -> dict[str, PoseSubspace]:
    """The subspaces of a pose model by name; none of a model that was trained without."""
    described = read_description(folder, "pose").get("subspaces", {})
    return {name: subspace_from(values) for name, values in described.items()}
