import json

import numpy as np
import pytest
import torch
from tiny_networks import pyramid_bundle

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.models.subspaces import read_subspaces, with_subspaces
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.training.history import History
from superanimal_core.training.pose_pca import fit_pose, fit_views

SPACE = KeypointSpace("s", ("nose", "l", "r", "tail"))
POSES = np.random.default_rng(0).normal(100, 20, (40, 4, 2))


def test_subspaces_come_back_from_a_model_folder_to_the_last_bit(tmp_path):
    fitted = {
        "pose": fit_pose(POSES, range(4), components=0.9, centering="median"),
        "views": fit_views(POSES, [[0, 1], [2, 3]]),
    }
    bundle = pyramid_bundle(SPACE)
    write_bundle(with_subspaces(bundle, fitted), tmp_path / "member", {"rule": "r"}, History())
    found = read_subspaces(tmp_path / "member")
    seen = torch.from_numpy(POSES)
    assert found.keys() == fitted.keys()
    for name, subspace in fitted.items():
        assert torch.equal(found[name].distances(seen), subspace.distances(seen))
        assert found[name].epsilon_px == subspace.epsilon_px
    again = read_bundle(tmp_path / "member")
    assert again.space == SPACE
    for name, value in bundle.network.state_dict().items():
        assert torch.equal(again.network.state_dict()[name], value)


def test_a_model_without_subspaces_is_written_as_ever_and_has_none(tmp_path):
    write_bundle(pyramid_bundle(SPACE), tmp_path / "member", {"rule": "r"}, History())
    assert "subspaces" not in json.loads((tmp_path / "member/bundle.json").read_text())
    assert read_subspaces(tmp_path / "member") == {}
    with pytest.raises(SuperAnimalError, match="not a model folder"):
        read_subspaces(tmp_path / "nothing")
