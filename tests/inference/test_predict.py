from dataclasses import replace

import numpy as np
import pytest
import torch
from boxed_labels import labels_of_boxes
from tiny_networks import pyramid_bundle, square_crop

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.detect import GivenBoxes
from superanimal_core.inference.frames import predict_frames
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.inference.predict import predict_batches, predict_video
from superanimal_core.network import devices
from superanimal_core.network.pose_network import HeatmapNetwork
from superanimal_core.pose.keypoints import KeypointSpace

CPU = torch.device("cpu")
SPACE = KeypointSpace("s", ("a", "b"))
FRAMES = 7


class Brightest(HeatmapNetwork):
    """Stands for a network: the heatmap of keypoint k is color channel k, one cell per pixel."""

    def __init__(self):
        super().__init__(2, stride_px=1, sigma_px=1.0, is_subpixel=True)

    def forward(self, crops):
        return crops[:, :2]


class FixedPlaces(Brightest):
    """Sees keypoint a in the crop's first cell and keypoint b in its middle, surely."""

    def forward(self, crops):
        heatmaps = torch.zeros_like(crops[:, :2])
        heatmaps[:, 0, 0, 0] = 1.0
        heatmaps[:, 1, crops.shape[2] // 2, crops.shape[3] // 2] = 1.0
        return heatmaps


def bundle_of(seed, **changes):
    torch.manual_seed(seed)
    bundle = pyramid_bundle(SPACE)
    bundle.network.head.weight.data.normal_()
    return replace(bundle, **changes)


def video():
    random = np.random.default_rng(0)
    return [random.integers(0, 255, (60, 80, 3)).astype(np.uint8) for _ in range(FRAMES)]


def boxes_of(individuals=2):
    random = np.random.default_rng(1)
    low = random.uniform(8, 30, (FRAMES, individuals, 2))
    return np.concatenate([low, low + random.uniform(10, 25, low.shape)], axis=2)


def predicted(bundles, boxes, batch=3, frames=None, time_s=None, **changes):
    times = np.arange(FRAMES) / 30 if time_s is None else time_s
    settings = {"batch": batch, "precision": "float32", "scales": (1.0,), "flip": False}
    return predict_video(bundles, frames or video(), boxes, times, device=CPU, **settings | changes)


def test_the_size_of_a_batch_does_not_change_the_poses():
    bundle, boxes = bundle_of(0), boxes_of()
    one, many = (predicted([bundle], boxes, batch)[0] for batch in (1, 64))
    np.testing.assert_allclose(one.xy_px, many.xy_px, atol=1e-3)
    np.testing.assert_allclose(one.score, many.score, atol=1e-5)


@pytest.mark.parametrize(("precision", "limit"), [("bfloat16", 0.02), ("float16", 0.003)])
def test_half_precision_gives_nearly_the_same_scores(precision, limit, monkeypatch):
    monkeypatch.setattr(devices, "has_precision", lambda *_: True)  # imitated, slowly
    bundle, boxes = bundle_of(0), boxes_of()
    exact, halved = (predicted([bundle], boxes, precision=p)[0] for p in ("float32", precision))
    scale = np.nanmax(exact.score)
    error = np.nanmax(np.abs(halved.score - exact.score)) / scale
    assert 0 < error < limit


@pytest.mark.slow  # the compiler takes half a minute
def test_a_compiled_network_sees_the_same():
    """Three crops at a time of fourteen: the last batch is not whole."""
    torch.set_num_threads(1)
    bundles, boxes = [bundle_of(0), bundle_of(1)], boxes_of()
    plain, compiled = (predicted(bundles, boxes, compiled=each) for each in (False, True))
    for expected, found in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(found.xy_px, expected.xy_px, atol=1e-3)
        np.testing.assert_allclose(found.score, expected.score, atol=1e-5)


def test_without_a_compiler_the_setting_is_named(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SuperAnimalError, match=r"compiled: true needs a C\+\+ compiler"):
        predicted([bundle_of(0)], boxes_of(), compiled=True)


def test_a_precision_that_the_processor_does_not_have_is_float32(monkeypatch):
    monkeypatch.setattr(devices, "has_precision", lambda *_: False)
    bundle, boxes = bundle_of(0), boxes_of()
    exact, other = (predicted([bundle], boxes, precision=p)[0] for p in ("float32", "bfloat16"))
    np.testing.assert_array_equal(other.score, exact.score)


def test_members_in_one_pass_see_what_each_sees_alone():
    bundles, boxes = [bundle_of(0), bundle_of(1)], boxes_of()
    together = predicted(bundles, boxes)
    for bundle, poses in zip(bundles, together, strict=True):
        alone = predicted([bundle], boxes)[0]
        np.testing.assert_allclose(poses.xy_px, alone.xy_px, atol=1e-4)
        np.testing.assert_allclose(poses.score, alone.score, atol=1e-6)
    assert np.nanmax(np.abs(together[0].xy_px - together[1].xy_px)) > 1


def test_without_a_box_there_is_no_pose_and_no_score():
    boxes = boxes_of()
    boxes[2, 0, 1] = np.nan
    boxes[4] = np.nan
    poses = predicted([bundle_of(0)], boxes)[0]
    absent = np.isnan(poses.xy_px).all(axis=(2, 3))
    assert np.argwhere(absent).tolist() == [[2, 0], [4, 0], [4, 1]]
    assert np.isfinite(poses.xy_px[~absent]).all()
    assert (poses.score[absent] == 0).all()


def test_a_keypoint_beyond_the_picture_has_no_position_and_no_score():
    crop = square_crop(mean=(0.0,) * 3, std=(1.0,) * 3)
    bundle = bundle_of(0, network=FixedPlaces(), crop=crop)
    middle, at_the_corner = [20.0, 20.0, 40.0, 40.0], [0.0, 0.0, 20.0, 20.0]
    boxes = np.array([[middle], [at_the_corner]])
    frames, times = video()[:2], np.arange(2.0)
    (poses,) = predicted([bundle], boxes, frames=frames, time_s=times)
    assert np.isfinite(poses.xy_px[0]).all()
    assert np.isnan(poses.xy_px[1, 0, 0]).all()  # the crop's corner is outside of the picture
    assert np.isfinite(poses.xy_px[1, 0, 1]).all()
    assert poses.score[:, 0].tolist() == [[1.0, 1.0], [0.0, 1.0]]


def test_a_video_without_any_box_gives_absent_poses():
    poses = predicted([bundle_of(0)], np.full((FRAMES, 1, 4), np.nan))[0]
    assert np.isnan(poses.xy_px).all()
    assert poses.xy_px.shape == (FRAMES, 1, 2, 2)


def test_positions_are_pixels_of_the_whole_frame():
    crop = square_crop(mean=(0.0,) * 3, std=(1.0,) * 3)
    bundle = bundle_of(0, network=Brightest(), crop=crop)
    y, x = np.mgrid[:60, :80] + 0.5
    spots = np.array([[[30.3, 20.8], [41.0, 33.4]]]) + np.arange(FRAMES)[:, None, None]
    frames = []
    for (ax, ay), (bx, by) in spots:
        image = np.zeros((60, 80, 3), np.uint8)
        image[..., 0] = 250 * np.exp(-((x - ax) ** 2 + (y - ay) ** 2) / 18)
        image[..., 1] = 250 * np.exp(-((x - bx) ** 2 + (y - by) ** 2) / 18)
        frames.append(image)
    boxes = np.tile([20.0, 10.0, 60.0, 50.0], (FRAMES, 1, 1))
    poses = predicted([bundle], boxes, frames=frames)[0]
    np.testing.assert_allclose(poses.xy_px[:, 0], spots, atol=0.3)
    assert poses.score.min() > 0.9


def test_frames_beyond_the_index_are_not_read():
    def endless():
        yield from video()
        raise AssertionError("read too far")

    poses = predicted([bundle_of(0)], boxes_of(), frames=endless())[0]
    assert len(poses) == FRAMES


def test_a_video_that_ends_early_leaves_the_rest_absent():
    poses = predicted([bundle_of(0)], boxes_of(), frames=video()[:4])[0]
    assert np.isfinite(poses.xy_px[:4]).all()
    assert np.isnan(poses.xy_px[4:]).all()


@pytest.mark.parametrize("batch", [1, 2, 50])
def test_labels_are_predicted_as_frames_with_the_same_boxes(batch):
    boxes, frames, bundle = boxes_of(individuals=1), video(), bundle_of(0)
    labels = labels_of_boxes(SPACE, boxes[:, 0])
    found, score = predict_labels(
        [bundle],
        labels,
        lambda name: frames[int(name)],
        batch=batch,
        precision="float32",
        device=CPU,
    )
    poses = predicted([bundle], boxes)[0]
    np.testing.assert_allclose(found[0], poses.xy_px[:, 0], atol=1e-3)
    np.testing.assert_allclose(score[0], poses.score[:, 0], atol=1e-4)


def test_labels_are_looked_at_as_often_as_videos_and_an_animal_without_a_box_is_absent():
    boxes, frames, bundle = boxes_of(individuals=1), video(), bundle_of(0)
    boxes[2] = np.nan
    labels = labels_of_boxes(SPACE, np.nan_to_num(boxes[:, 0]))
    labels.box_xyxy_px[2] = np.nan
    more = {"scales": (1.0, 1.3), "flip": True}
    how = {"batch": 3, "precision": "float32", "device": CPU}
    found, score = predict_labels([bundle], labels, lambda name: frames[int(name)], **how, **more)
    poses = predicted([bundle], boxes, **more)[0]
    np.testing.assert_allclose(found[0], poses.xy_px[:, 0], atol=1e-3)
    np.testing.assert_allclose(score[0], poses.score[:, 0], atol=1e-4)
    assert np.isnan(found[0, 2]).all()
    assert (score[0, 2] == 0).all()


def test_frames_in_memory_are_boxes_of_their_own():
    frames = video()
    whole = np.tile([0.0, 0.0, 80.0, 60.0], (FRAMES, 1, 1))
    poses = predict_frames(bundle_of(0), frames, fps=30.0)
    np.testing.assert_allclose(poses.xy_px, predicted([bundle_of(0)], whole)[0].xy_px, atol=1e-3)


class Greedy(Brightest):
    """Has memory for two crops at once."""

    def forward(self, crops):
        if len(crops) > 2:
            raise torch.OutOfMemoryError
        return super().forward(crops)


def test_a_batch_that_is_too_large_is_halved_and_told(bundle_of_network, capsys):
    boxes = boxes_of()
    poor, rich = (
        predicted([bundle_of_network(network, SPACE, square_crop(32))], boxes, batch=8)[0]
        for network in (Greedy(), Brightest())
    )
    np.testing.assert_array_equal(poor.xy_px, rich.xy_px)
    assert "lower inference.batch" in capsys.readouterr().out


@pytest.mark.parametrize(("individuals", "lengths"), [(2, [2, 2, 2, 1]), (1, [4, 3]), (0, [4, 3])])
def test_a_batch_ends_with_enough_animals_or_enough_frames(individuals, lengths):
    boxes = boxes_of(2)
    boxes[:, individuals:] = np.nan
    frames = GivenBoxes(boxes, np.ones(boxes.shape[:2])).boxed(video(), 0)
    parts = predict_batches([bundle_of(0)], frames, batch=4, precision="float32", device=CPU)
    assert [len(part) for part in parts] == lengths


def test_frames_in_memory_have_the_times_of_their_rate():
    poses = predict_frames(bundle_of(0), video(), fps=20.0)
    np.testing.assert_allclose(poses.time_s, np.arange(FRAMES) / 20)


def test_what_a_network_was_not_taught_has_no_position_and_everything_else_is_as_before():
    boxes = boxes_of()
    knows_all, knows_b = bundle_of(0), bundle_of(0, taught=("b",))
    for views in ({}, {"flip": True}, {"scales": (1.0, 1.3)}):
        (whole,) = predicted([knows_all], boxes, **views)
        first, second = predicted([knows_b, knows_all], boxes, **views)
        assert np.isnan(first.xy_px[:, :, 0]).all()
        assert (first.score[:, :, 0] == 0).all()
        if views.get("scales") is None:  # views are trusted by their whole pose
            np.testing.assert_array_equal(first.xy_px[:, :, 1], whole.xy_px[:, :, 1])
        assert np.isfinite(first.xy_px[:, :, 1]).all()
        np.testing.assert_array_equal(second.xy_px, whole.xy_px)
        np.testing.assert_array_equal(second.score, whole.score)


def test_in_a_mirror_image_neither_an_untaught_side_nor_its_partner_is_believed():
    """The left side's mirror view is what the network says of the right one, and the reverse."""
    sides = KeypointSpace("s", ("a", "b"), mirror_pairs=(("a", "b"),))
    bundle = replace(bundle_of(0), space=sides, taught=("b",))
    (plain,), (mirrored,) = (predicted([bundle], boxes_of(), flip=f) for f in (False, True))
    np.testing.assert_array_equal(plain.xy_px, mirrored.xy_px)
    np.testing.assert_array_equal(plain.score, mirrored.score)
    assert np.isnan(plain.xy_px[:, :, 0]).all()
