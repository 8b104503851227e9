import numpy as np
import torch
from tiny_networks import pyramid_bundle, square_crop

from superanimal_core.inference.predict import predict_video
from superanimal_core.inference.views import cut_views, merge_views, output_of_keypoint
from superanimal_core.network.crops import apply_affine
from superanimal_core.pose.keypoints import KeypointSpace

CPU = torch.device("cpu")
SPACE = KeypointSpace("s", ("nose", "left", "right"), (("left", "right"),))


def image_of(seed):
    return np.random.default_rng(seed).integers(0, 255, (48, 64, 3)).astype(np.uint8)


def test_every_map_leads_to_the_pixel_that_the_crop_shows():
    """A bright pixel of the image is found in every crop where its map says."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[20, 30] = 255
    box = np.array([22.0, 12.0, 38.0, 28.0])
    views = cut_views(square_crop(64), image, box, (1.0, 1.5), flip=True)
    assert len(views) == 4
    for view in views:
        row, column = np.unravel_index(view.pixels[..., 0].argmax(), view.pixels.shape[:2])
        found = apply_affine(view.to_image, np.array([column + 0.5, row + 0.5]))
        np.testing.assert_allclose(found, [30.5, 20.5], atol=0.5)


def test_a_mirror_exchanges_left_and_right_in_every_second_view():
    names = output_of_keypoint(4, True, SPACE.mirror_permutation())
    assert names.tolist() == [[0, 1, 2], [0, 2, 1]] * 2
    assert output_of_keypoint(2, False, SPACE.mirror_permutation()).tolist() == [[0, 1, 2]] * 2


def test_one_view_is_passed_through():
    xy, score = np.ones((1, 2, 2)), np.array([[0.0, 0.4]])
    merged, height = merge_views(xy, score)
    assert (merged == xy[0]).all()
    assert (height == score[0]).all()


def test_a_view_that_sees_another_animal_does_not_count():
    truth = np.array([[100.0, 100.0], [150.0, 120.0]])
    wrong = truth[:, ::-1] * np.array([3.0, 0.1])
    merged, _ = merge_views(np.stack([truth, truth + 0.2, wrong]), np.full((3, 2), 0.9))
    np.testing.assert_allclose(merged, truth + 0.1, atol=1e-9)


def test_views_with_low_scores_do_not_count_unless_all_are_low():
    xy = np.array([[[10.0, 10.0]], [[11.0, 11.0]], [[10.5, 10.5]]])
    merged, height = merge_views(xy, np.array([[0.05], [0.8], [0.6]]))
    np.testing.assert_allclose(merged, [[10.75, 10.75]])
    np.testing.assert_allclose(height, [0.7])
    merged, height = merge_views(xy, np.array([[0.05], [0.02], [0.01]]))
    np.testing.assert_allclose(merged, [[10.5, 10.5]])
    np.testing.assert_allclose(height, [0.02])


def test_with_flips_the_pose_of_the_mirror_image_is_the_mirrored_pose():
    torch.manual_seed(0)
    bundle = pyramid_bundle(SPACE)
    bundle.network.head.weight.data.normal_()
    image, box = image_of(3), np.array([[[10.0, 8.0, 40.0, 38.0]]])
    width = image.shape[1]
    mirrored_box = box[..., [2, 1, 0, 3]] * [-1, 1, -1, 1] + [width, 0, width, 0]

    def pose(pixels, boxes):
        settings = {"batch": 4, "precision": "float32", "scales": (1.0,), "flip": True}
        return predict_video([bundle], [pixels], boxes, np.zeros(1), device=CPU, **settings)[0]

    straight = pose(image, box)
    mirrored = pose(np.ascontiguousarray(image[:, ::-1]), mirrored_box)
    back = mirrored.xy_px[..., SPACE.mirror_permutation(), :] * [-1, 1] + [width, 0]
    np.testing.assert_allclose(back, straight.xy_px, atol=0.05)


def test_mirror_images_of_whole_pixel_crops_lead_to_the_same_place_at_any_zoom():
    """The network answers in the labels' convention: half an image pixel short of the truth."""
    crop = square_crop(size_px=64, margin=1.0, in_whole_pixels=True)
    place = np.array([[41.3, 55.9]])
    for box in (np.array([30.0, 40.0, 60.0, 70.0]), np.array([0.0, 0.0, 200.0, 200.0])):
        straight, mirrored = cut_views(crop, image_of(0), box, (1.0,), True)
        zoom = straight.to_image[0, 0]
        shown = (place - straight.to_image[:, 2] + 0.5) / zoom  # where the crop's pixels show it
        outputs = (shown - 0.5 / zoom, np.array([[64.0, 0.0]]) + shown * [-1, 1] - 0.5 / zoom)
        for view, output in zip((straight, mirrored), outputs, strict=True):
            np.testing.assert_allclose(apply_affine(view.to_image, output), place, atol=1e-9)


def test_a_view_without_a_position_has_no_say():
    truth = np.array([[100.0, 100.0], [150.0, 120.0], [90.0, 70.0]])
    xy = np.stack([truth, truth + 0.2, truth + 0.4])
    xy[1:, 1], xy[:, 2] = np.nan, np.nan
    score = np.where(np.isfinite(xy[..., 0]), 0.8, 0.0)
    merged, height = merge_views(xy, score)
    np.testing.assert_allclose(merged, [truth[0] + 0.2, truth[1], [np.nan, np.nan]], atol=1e-9)
    np.testing.assert_allclose(height, [0.8, 0.8, 0.0])
