"""Predictions of held-out labels on disk."""

from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.tables.held_out_files import (
    read_held_out,
    read_unseen_labels,
    write_held_out,
)
from superanimal_core.tables.label_files import write_labels

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
    shown = np.arange(0, animals, 2)
    kinds = np.full(len(shown), "dark", dtype=object)
    disturbed = (xy[:, shown] + 5, score[:, shown] / 2, shown, kinds)
    write_held_out((xy, score), disturbed, known, tmp_path / "h.parquet", {"rule": "test"})
    read = read_held_out(tmp_path / "h.parquet")
    assert len(read.members) == members
    for member, poses in enumerate(read.members):
        assert poses.space.keypoints == SPACE.keypoints
        again = np.concatenate([xy[member], xy[member, shown] + 5])
        np.testing.assert_allclose(poses.xy_px[0], again, rtol=1e-6)
        lower = np.concatenate([score[member], score[member, shown] / 2])
        np.testing.assert_allclose(poses.score[0], lower, rtol=1e-6)
    rows = np.concatenate([np.arange(animals), shown])
    np.testing.assert_allclose(read.animals.label_xy_px, known.xy_px[rows], rtol=1e-6)
    groups = np.array([f"barn/{group}" for group in known.group], dtype=object)
    for name, column in (("group", groups), ("image", known.image), ("dataset", known.source)):
        assert getattr(read.animals, name).tolist() == column[rows].tolist()
    assert read.animals.is_disturbed.tolist() == [False] * animals + [True] * len(shown)
    assert read.animals.is_asked.all()


def test_videos_of_the_same_name_in_two_data_sets_are_two_groups(tmp_path):
    known = replace(
        labels(2), source=np.array(["barn", "field"]), group=np.array(["images", "images"])
    )
    found, path = (np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 2))), tmp_path / "h.parquet"
    nobody = (found[0][:, :0], found[1][:, :0], np.zeros(0, int), np.zeros(0, object))
    write_held_out(found, nobody, known, path, {"rule": "test"})
    assert len(set(read_held_out(path).animals.group)) == 2


def written(folder, name, splits):
    """A data set whose animals stand in these splits; its file."""
    known = labels(len(splits))
    known = replace(known, source=np.full(len(splits), name), split=np.array(splits))
    write_labels(known, folder / f"{name}.parquet", {})
    return str(folder / f"{name}.parquet")


def test_a_set_that_is_only_evaluated_is_evaluated_whole(tmp_path):
    """Two pictures of which its own split would leave one."""
    trained = written(tmp_path, "barn", ["train", "test", "train"])
    evaluated = written(tmp_path, "field", ["train", "test"])
    unseen = read_unseen_labels([trained], [evaluated], 0.1)
    assert unseen.source.tolist() == ["barn", "field", "field"]
    assert unseen.split.tolist() == ["test"] * 3
    assert read_unseen_labels([trained], [], 0.1).source.tolist() == ["barn"]
    assert read_unseen_labels([], [evaluated], 0.1).source.tolist() == ["field"] * 2


def test_animals_that_the_detector_missed_are_absent_in_every_member(tmp_path):
    known, xy = labels(3), np.ones((2, 3, 2, 2))
    xy[:, 1] = np.nan
    nothing = (xy[:, :0], np.ones((2, 0, 2)), np.empty(0, int), np.empty(0, dtype=object))
    write_held_out((xy, np.ones((2, 3, 2))), nothing, known, tmp_path / "h.parquet", {})
    for poses in read_held_out(tmp_path / "h.parquet").members:
        assert np.isnan(poses.xy_px[0, 1]).all()
        assert np.isfinite(poses.xy_px[0, [0, 2]]).all()


def test_a_keypoint_that_a_data_set_lacks_is_not_asked(tmp_path):
    known = labels(3)
    state = known.state.copy()
    state[1, 1] = LabelState.NOT_IN_DATASET
    nothing = (
        np.ones((1, 0, 2, 2)),
        np.ones((1, 0, 2)),
        np.empty(0, int),
        np.empty(0, dtype=object),
    )
    found = np.ones((1, 3, 2, 2)), np.ones((1, 3, 2))
    write_held_out(found, nothing, replace(known, state=state), tmp_path / "h.parquet", {})
    asked = read_held_out(tmp_path / "h.parquet").animals.is_asked
    np.testing.assert_array_equal(asked, [[True, True], [True, False], [True, True]])
