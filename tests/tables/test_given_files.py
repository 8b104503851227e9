"""Brought predictions as tables, and where there are labels."""

import numpy as np
import pytest

from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState, string_array
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.given_files import (
    boxes_around,
    frame_of_image,
    predictions_at_labels,
    write_given,
)
from superanimal_core.tables.parquet import read_parquet, read_record, write_failure
from superanimal_core.tables.pose_files import read_member_poses
from superanimal_core.tables.spaces import read_taught

SPACE = KeypointSpace("lab", ("nose", "tail"))
FLAG = "one frame too many"


def poses_of(frames=6, individuals=2, seed=0):
    random = np.random.default_rng(seed)
    xy = (
        random.uniform(0, 90, (frames, individuals, 2, 2))
        + 100 * np.arange(individuals)[:, None, None]
    )
    names = tuple(f"mouse{i}" for i in range(individuals))
    return Poses(SPACE, names, np.arange(frames) / 10, xy, np.full(xy.shape[:3], 0.9))


def labels_at(images, xy):
    n = len(images)
    return Labels(
        space=SPACE,
        source=string_array(["lab"] * n),
        image=string_array(images),
        image_size_px=np.full((n, 2), 300),
        individual=string_array([f"animal{i}" for i in range(n)]),
        group=string_array(["g"] * n),
        split=string_array(["test"] * n),
        box_xyxy_px=np.tile([0.0, 0.0, 90.0, 60.0], (n, 1)),
        xy_px=np.asarray(xy, dtype=float),
        state=np.full((n, 2), LabelState.VISIBLE),
        score=np.ones((n, 2)),
    )


def write(folder, *members):
    write_given(members, ["nose"], [FLAG], folder / "predicted", folder / "boxes.parquet", {})
    return str(folder / "predicted")


def test_what_was_given_is_read_as_the_predictions_of_an_ensemble(tmp_path):
    members = poses_of(), poses_of(seed=1)
    folder = write(tmp_path, *members)
    for found, given in zip(read_member_poses(folder), members, strict=True):
        np.testing.assert_allclose(found.xy_px, given.xy_px, atol=1e-4)
        assert found.individuals == given.individuals
    assert read_taught(folder) == ("nose",)
    boxes = read_parquet(tmp_path / "boxes.parquet")
    assert set(boxes["source"].to_pylist()) == {"around the pose"}
    assert read_record(tmp_path / "boxes.parquet")["flags"] == [FLAG]


def test_a_box_holds_what_any_network_says_and_is_absent_with_the_animal():
    one, two = poses_of(), poses_of(seed=1)
    one.xy_px[2, 1] = two.xy_px[2, 1] = np.nan
    boxes = boxes_around([one, two])
    every = np.concatenate([one.xy_px, two.xy_px], axis=2)
    np.testing.assert_allclose(boxes[0, 0, :2], every[0, 0].min(axis=0))
    np.testing.assert_allclose(boxes[0, 0, 2:], every[0, 0].max(axis=0))
    assert np.isnan(boxes[2, 1]).all()
    assert np.isfinite(boxes).all(axis=2).sum() == 11


@pytest.mark.parametrize(
    ("image", "names", "frame"),
    [
        ("lab#000-m1-000042.jpg", ("m1",), 42),
        ("lab#012-m-1-2-000007.jpg", ("m-1-2",), 7),
        ("lab/labeled-data/m1/img0042.png", ("lab", "labeled-data", "m1"), 42),
    ],
)
def test_a_picture_tells_its_video_and_frame(image, names, frame):
    assert frame_of_image(image) == (names, frame)
    assert frame_of_image("lab/labeled-data/m1/nose.png") is None


def test_labels_get_what_was_predicted_of_the_same_animal_in_the_same_frame(tmp_path):
    """Labels in another order than the tracks, of one video; others are left out."""
    members = poses_of(), poses_of(seed=1)
    folder = write(tmp_path, *members)
    images = [
        "lab/m1/img2.png",
        "lab/m1/img2.png",
        "lab/m1/img5.png",
        "lab/m2/img1.png",
        "lab/m1/img99.png",
    ]
    near = members[0].xy_px[[2, 2, 5, 1, 1], [1, 0, 0, 0, 0]] + 0.25
    labels, (xy, score), disturbed = predictions_at_labels(
        labels_at(images, near), [folder], ["m1"]
    )
    assert labels.image.tolist() == images[:3]
    for member, given in zip(xy, members, strict=True):
        np.testing.assert_allclose(member, given.xy_px[[2, 2, 5], [1, 0, 0]], atol=1e-4)
    np.testing.assert_allclose(score, 0.9)
    assert disturbed[0].shape == (2, 0, 2, 2)


def test_a_label_too_many_has_no_prediction_and_a_failed_video_none_at_all(tmp_path):
    folder = write(tmp_path, poses_of(individuals=1))
    xy = poses_of(individuals=1).xy_px[3, 0]
    write_failure(tmp_path / "bad", {"failure": {"stage": "read_predictions", "reason": "torn"}})
    images = ["lab/m1/img3.png", "lab/m1/img3.png", "lab/bad/img3.png"]
    found = predictions_at_labels(
        labels_at(images, [xy + 50, xy, xy]), [folder, str(tmp_path / "bad")], ["m1", "bad"]
    )
    labels, (predicted, _), _ = found
    assert len(labels) == 2
    assert np.isnan(predicted[0, 0]).all()
    np.testing.assert_allclose(predicted[0, 1], xy, atol=1e-4)


def test_labels_of_other_frames_are_refused_with_the_name_of_their_video(tmp_path):
    """Somebody counted the labeled pictures anew."""
    walking = poses_of(individuals=1)
    walking.xy_px[:] += 300.0 * np.arange(6)[:, None, None, None]  # in x and in y
    folder = write(tmp_path, walking)
    images = [f"lab/m1/img{number}.png" for number in range(5)]
    labels, _, _ = predictions_at_labels(labels_at(images, walking.xy_px[:5, 0]), [folder], ["m1"])
    assert len(labels) == 5
    with pytest.raises(DatasetError, match="labels of the video 'm1' lie 5 lengths"):
        predictions_at_labels(labels_at(images, walking.xy_px[1:, 0]), [folder], ["m1"])
