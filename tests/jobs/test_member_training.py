"""What a training is given by its rule."""

from types import SimpleNamespace

import pytest
import torch
from tiny_networks import pyramid_bundle

from superanimal_core.jobs import member_training
from superanimal_core.jobs.member_training import MemberTraining
from superanimal_core.models.bundles import read_bundle
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels
from superanimal_core.training.history import History

UNLABELED = {"enabled": True, "frames": 4}


class Named(SimpleNamespace):
    """Inputs by name, as Snakemake gives them."""

    def get(self, name, otherwise=None):
        return getattr(self, name, otherwise)


def job(videos, **training):
    return SimpleNamespace(
        params=SimpleNamespace(
            box_margin=0.1, training={"steps": 3} | training, augment={}, pictures={}
        ),
        input=Named(unified=["a.parquet"], **({} if videos is None else {"videos": videos})),
        output=SimpleNamespace(member="m"),
        wildcards=SimpleNamespace(seed="2"),
    )


@pytest.mark.parametrize(
    ("videos", "training", "unlabeled"),
    [
        (["1.mp4", "2.mp4"], {"unlabeled": UNLABELED}, UNLABELED),
        ([], {}, None),
        (None, {}, None),
        (None, {"unlabeled": UNLABELED}, None),  # pretraining on a single set, to compare with
    ],
)
def test_settings_of_unlabeled_video_count_where_there_are_videos(videos, training, unlabeled):
    call = MemberTraining.of_job(job(videos, **training), {}, 1, 10.0)
    assert call.unlabeled == unlabeled
    assert call.videos == (videos or [])
    assert call.training == {"steps": 3}


@pytest.mark.parametrize(
    ("architecture", "neighbors"),
    [("pyramid", None), ("pyramid_context", (1, 1, 1, 2, 2))],
)
def test_a_network_with_context_learns_from_the_pictures_beside(
    tmp_path, monkeypatch, architecture, neighbors
):
    for number in (1, 2):
        (tmp_path / f"img0000000{number}.png").touch()
    given = {}

    def fit(*_, fit, **__):
        given.update(getattr(fit, "keywords", {}))
        return History()

    monkeypatch.setattr(member_training, "fit_resumably", fit)
    bundle = pyramid_bundle(KeypointSpace("s", ("a", "b")), architecture=architecture)
    of_job = job(None)
    of_job.params.pictures = {"lab/": str(tmp_path)}
    of_job.output.member = str(tmp_path / "member")
    call = MemberTraining.of_job(of_job, {"rule": "pretrain"}, 1, 10.0)
    call.fit(bundle, Labels.__new__(Labels), lambda name: None, torch.device("cpu"))
    found = given.get("neighbors", lambda name: None)("lab/img00000001.png")
    assert found == (neighbors and tuple(f"lab/img0000000{number}.png" for number in neighbors))
    back = read_bundle(tmp_path / "member")
    assert back.architecture == architecture
    state, expected = back.network.state_dict(), bundle.network.state_dict()
    assert all(torch.equal(state[name], expected[name]) for name in expected)
