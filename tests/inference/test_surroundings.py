"""Networks that look at neighboring frames, along a video: against windows cut one by one."""

from unittest import mock

import numpy as np
import pytest
import torch
from lightning_pose_fixtures import arrays, needs_fixtures
from tiny_networks import pyramid_bundle, pyramid_context_bundle

from superanimal_core.inference.frames import predict_frames
from superanimal_core.inference.labeled import predict_labels
from superanimal_core.inference.predict import predict_video
from superanimal_core.inference.surroundings import Carried, carried_from, window_around
from superanimal_core.network.crops import apply_affine
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState

FRAMES, SIDE = 11, 64
CPU = torch.device("cpu")
HOW = {"precision": "float32", "device": CPU}
SPACE = KeypointSpace("s", ("a", "b"))


@pytest.fixture
def video():
    """Frames, and boxes of two animals, one of which is now and then not there."""
    random = np.random.default_rng(0)
    frames = list(random.integers(0, 255, (FRAMES, SIDE, SIDE, 3)).astype(np.uint8))
    low = random.uniform(0, 20, (FRAMES, 2, 2))
    boxes = np.concatenate([low, low + 30], axis=2)
    boxes[[0, 4, 5, 8], 1] = np.nan
    return frames, boxes


@pytest.fixture
def bundle():
    return pyramid_context_bundle(SPACE)


def windows_by_hand(boxes, individual):
    """The frames of every window, where the animal is: absent ones become those further inside."""
    is_there = np.isfinite(boxes[:, individual]).all(axis=1)
    windows = {}
    for frame in np.flatnonzero(is_there):
        window = [frame] * 5
        for place in (1, 0, 3, 4):
            beside = frame + place - 2
            inner = window[place + (1 if place < 2 else -1)]
            is_known = 0 <= beside < len(boxes) and is_there[beside]
            window[place] = beside if is_known else inner
        windows[int(frame)] = window
    return windows


@torch.inference_mode()
def poses_by_hand(bundle, frames, boxes):
    """Each window cut and seen whole, one after the other."""
    found = np.full((*boxes.shape[:2], len(bundle.space), 2), np.nan)
    for individual in range(boxes.shape[1]):
        for frame, window in windows_by_hand(boxes, individual).items():
            cuts = [bundle.crop.cut(frames[f], boxes[f, individual]) for f in window]
            pixels = torch.from_numpy(np.stack([cut.pixels for cut in cuts]))[None]
            xy_px, _ = bundle.network.decode(bundle.network(bundle.crop.normalize(pixels)))
            found[frame, individual] = apply_affine(cuts[2].to_image, xy_px[0].numpy())
    return found


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 50])
def test_a_video_is_seen_as_its_windows_are(video, bundle, batch):
    [poses] = predict_video([bundle], *video, np.arange(FRAMES) / 25, batch=batch, **HOW)
    expected = poses_by_hand(bundle, *video)
    is_seen = np.isfinite(poses.xy_px)  # what is out of view is absent
    assert is_seen.mean() > 0.3
    assert np.isnan(expected[~np.isfinite(video[1]).all(axis=2)]).all()
    np.testing.assert_allclose(poses.xy_px[is_seen], expected[is_seen], atol=1e-2)
    still = predict_one_by_one(bundle, *video)
    assert np.nanmax(np.abs(still - poses.xy_px)) > 1  # the neighbors say something


def predict_one_by_one(bundle, frames, boxes):
    """The same frames, each a video of its own."""
    alone = [
        predict_video([bundle], [image], box[None], np.zeros(1), batch=2, **HOW)[0].xy_px[0]
        for image, box in zip(frames, boxes, strict=True)
    ]
    return np.stack(alone)


@pytest.mark.parametrize("batch", [2, 5])
def test_each_frame_passes_the_backbone_once(video, bundle, batch):
    shown, backbone = [], bundle.network.backbone
    forward = backbone.forward
    with mock.patch.object(backbone, "forward", lambda x: shown.append(len(x)) or forward(x)):
        predict_video([bundle], *video, np.arange(FRAMES) / 25, batch=batch, **HOW)
    assert sum(shown) == np.isfinite(video[1]).all(axis=2).sum()


def test_members_of_both_kinds_see_what_each_sees_alone(video, bundle):
    torch.manual_seed(3)
    other, times = pyramid_bundle(SPACE), np.arange(FRAMES) / 25
    together = predict_video([other, bundle], *video, times, batch=4, scales=(1.0, 1.3), **HOW)
    for one, poses in zip([other, bundle], together, strict=True):
        [alone] = predict_video([one], *video, times, batch=4, scales=(1.0, 1.3), **HOW)
        np.testing.assert_array_equal(poses.xy_px, alone.xy_px)
        np.testing.assert_array_equal(poses.score, alone.score)


def test_frames_in_a_notebook_are_each_others_neighbors(video, bundle):
    whole = np.tile([[[0.0, 0.0, SIDE, SIDE]]], (FRAMES, 1, 1))
    poses = predict_frames(bundle, video[0])
    is_seen = np.isfinite(poses.xy_px)
    expected = poses_by_hand(bundle, video[0], whole)
    np.testing.assert_allclose(poses.xy_px[is_seen], expected[is_seen], atol=1e-2)


@pytest.mark.parametrize("batch", [2, 50])
def test_labels_are_seen_in_the_windows_of_their_pictures(video, bundle, batch):
    """As the frames of a video whose animal has one box, of which all pictures are there."""
    frames, boxes = video[0], np.tile(video[1][:1, :1], (FRAMES, 1, 1))
    labels = labels_in(boxes)
    numbers = np.clip(np.arange(FRAMES)[:, None] + np.arange(-2, 3), 0, FRAMES - 1)

    def beside(name):
        return [str(number) for number in numbers[int(name)]]

    def read(name):
        return frames[int(name)]

    torch.manual_seed(3)
    members = [pyramid_bundle(SPACE), bundle]
    found, score = predict_labels(members, labels, read, batch=batch, **HOW, neighbors=beside)
    expected = predict_video(members, frames, boxes, np.arange(FRAMES) / 25, batch=batch, **HOW)
    for of_labels, scores, poses in zip(found, score, expected, strict=True):
        np.testing.assert_allclose(of_labels, poses.xy_px[:, 0], atol=1e-2)
        np.testing.assert_allclose(scores, poses.score[:, 0], atol=1e-4)
    still, _ = predict_labels(members, labels, read, batch=batch, **HOW)
    np.testing.assert_array_equal(still[0], found[0])
    assert np.nanmax(np.abs(still[1] - found[1])) > 1


def labels_in(boxes):
    count = len(boxes)
    return Labels(
        space=SPACE,
        source=np.full(count, "lab", dtype=object),
        image=np.array([str(i) for i in range(count)], dtype=object),
        image_size_px=np.tile([SIDE, SIDE], (count, 1)),
        individual=np.full(count, "animal0", dtype=object),
        group=np.full(count, "v", dtype=object),
        split=np.full(count, "train", dtype=object),
        box_xyxy_px=boxes[:, 0],
        xy_px=np.full((count, 2, 2), 30.0),
        state=np.full((count, 2), int(LabelState.VISIBLE)),
        score=np.ones((count, 2)),
    )


@needs_fixtures
def test_windows_repeat_the_ends_as_lightning_poses_do():
    frames = [{(0, 0): torch.full((1, 1, 1, 1), float(number))} for number in range(7)]
    windows = [window_around(frames, place, (0, 0)) for place in range(7)]
    numbers = [[int(features) for features in window] for window in windows]
    np.testing.assert_array_equal(numbers, arrays()["context_windows"])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_what_is_carried_comes_back_from_disk_to_the_last_bit(dtype):
    features = [torch.randn(2, 3, 4, 5).to(dtype) for _ in range(3)]
    carried = Carried(
        [{(0, 1): features[0]}, {(0, 0): features[1], (2, 1): features[2]}], (0.1, 0.7)
    )
    back = carried_from({**carried.saved(), "scores": np.zeros(3)}, CPU)
    assert back.recent_scores == [0.1, 0.7]
    assert [set(frame) for frame in back.features] == [{(0, 1)}, {(0, 0), (2, 1)}]
    for was, now in zip(carried.features, back.features, strict=True):
        for key in was:
            assert torch.equal(now[key].to(dtype), was[key])
    assert carried_from({}, CPU).features == [{}, {}]
