"""What a training is given by its rule."""

from types import SimpleNamespace

import pytest

from superanimal_core.jobs.member_training import MemberTraining

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
