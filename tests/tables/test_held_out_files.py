"""Predictions of held-out labels on disk."""

import numpy as np
import pytest

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.tables.held_out_files import read_held_out, write_held_out

SPACE = KeypointSpace("s", ("nose", "tail"))


def labels(animals):
    xy = np.random.default_rng(0).uniform(0, 100, (animals, 2, 2))
    state = np.full((animals, 2), LabelState.VISIBLE)
    state[1:2, 1] = LabelState.NOT_LABELED
    xy[1:2, 1] = np.nan
    return Labels(
        space=SPACE,
        source=np.full(animals, "barn"),
        image=np.array([f"{i}.png" for i in range(animals)], dtype=object),
        image_size_px=np.tile([320, 240], (animals, 1)),
        individual=np.full(animals, "animal0"),
        group=np.array([f"video{i // 2}" for i in range(animals)], dtype=object),
        split=np.full(animals, "test"),
        box_xyxy_px=np.tile([0.0, 0.0, 100.0, 100.0], (animals, 1)),
        xy_px=xy,
        state=state,
        score=np.ones(state.shape),
    )


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("animals", [0, 5])
def test_what_is_written_is_read_as_one_frame_of_many_individuals(tmp_path, members, animals):
    rng = np.random.default_rng(1)
    xy, score = rng.uniform(0, 100, (members, animals, 2, 2)), rng.random((members, animals, 2))
    known = labels(animals)
    write_held_out(xy, score, known, tmp_path / "h.parquet", {"rule": "test"})
    read = read_held_out(tmp_path / "h.parquet")
    assert len(read.members) == members
    for member, poses in enumerate(read.members):
        assert poses.space.keypoints == SPACE.keypoints
        np.testing.assert_allclose(poses.xy_px[0], xy[member], rtol=1e-6)
        np.testing.assert_allclose(poses.score[0], score[member], rtol=1e-6)
    np.testing.assert_allclose(read.label_xy_px, known.xy_px, rtol=1e-6)
    assert read.group.tolist() == known.group.tolist()
