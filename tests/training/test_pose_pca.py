import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lightning_pose_fixtures import arrays, needs_fixtures, numbers, pairs

from superanimal_core.errors import TrainingError
from superanimal_core.training.pose_pca import (
    components_kept,
    fit_pose,
    fit_views,
    mean_and_covariance,
    subspace_from,
)
from superanimal_core.training.semisupervised import pose_pca

KEYPOINTS = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]
VIEWS = [[0, 1, 2, 3, 4, 5, 6], [8, 9, 10, 11, 12, 13, 14]]
SIZE_PX = (396, 406)  # of the mirror-mouse images
RESIZED_PX = 256


def mirror_mouse():
    """The labels that Lightning Pose fits on, and predictions to score."""
    labels = pairs(arrays()["toy_labels_resized"]).double().numpy()
    return labels[arrays()["toy_train_idx"].numpy()], pairs(arrays()["pca_pred"]).double()


def fitted(labels, name):
    if name == "pca_multiview":
        return fit_views(labels, VIEWS)
    centering = "mean" if name.endswith("mean") else None
    return fit_pose(labels, KEYPOINTS, components=0.99, centering=centering)


FITS = ["pca_singleview", "pca_singleview_mean", "pca_multiview"]


@needs_fixtures
@pytest.mark.parametrize("name", FITS)
def test_the_subspace_of_the_mirror_mouse_is_the_published_one(name):
    labels, _ = mirror_mouse()
    subspace, stored = fitted(labels, name), arrays()[f"{name}_kept"].double().numpy()
    assert len(subspace.directions) == numbers()["pca"][name]["n_kept"]
    np.testing.assert_allclose(
        subspace.directions.T @ subspace.directions, stored.T @ stored, atol=1e-5
    )
    np.testing.assert_allclose(subspace.mean_px, arrays()[f"{name}_mean"].numpy(), atol=1e-3)
    assert subspace.epsilon_px == pytest.approx(numbers()["pca"][name]["epsilon"], abs=1e-4)


@needs_fixtures
@pytest.mark.parametrize("name", FITS)
def test_distances_and_the_loss_of_predictions_are_the_published_ones(name):
    labels, predicted = mirror_mouse()
    subspace = fitted(labels, name)
    found = subspace.distances(predicted).flatten(0, 1).numpy()
    np.testing.assert_allclose(found, arrays()[f"{name}_reproj_err"].numpy(), atol=1e-3)
    loss = pose_pca(predicted, subspace).mean().item()
    assert loss == pytest.approx(numbers()["pca"][name]["loss"], rel=1e-5)


@needs_fixtures
@pytest.mark.parametrize("name", ["pca_singleview", "pca_multiview"])
def test_a_subspace_is_of_one_frame_of_reference(name):
    """Upstream fits in resized pixels and measures in original ones: labels then look wrong."""
    resized, _ = mirror_mouse()
    original = resized * np.array(SIZE_PX) / RESIZED_PX
    seen = torch.from_numpy(original[np.isfinite(original[:, KEYPOINTS]).all(axis=(1, 2))])
    right = pose_pca(seen, fitted(original, name)).mean().item()
    mistaken = pose_pca(seen, fitted(resized, name)).mean().item()
    assert right < 0.1
    assert mistaken > 1.2 * right


def flat_poses(n=200, noise_px=0.0, gaps=0.0, seed=0):
    """Poses of four keypoints that move in two directions only."""
    random = np.random.default_rng(seed)
    directions = np.linalg.qr(random.normal(size=(8, 2)))[0].T
    poses = 50 + random.normal(size=(n, 2)) * [20, 9] @ directions
    poses = (poses + noise_px * random.normal(size=poses.shape)).reshape(n, 4, 2)
    poses[random.random((n, 4)) < gaps] = np.nan
    return poses, directions


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_directions_in_which_poses_move_are_found_in_spite_of_gaps(gaps):
    poses, directions = flat_poses(5000, gaps=gaps)
    subspace = fit_pose(poses, range(4), components=2, centering=None)
    found = subspace.directions.T @ subspace.directions
    np.testing.assert_allclose(found, directions.T @ directions, atol=0.05 if gaps else 1e-9)


def test_a_keypoint_that_leaves_the_subspace_is_that_far_away():
    poses, directions = flat_poses()
    subspace = fit_pose(poses, range(4), components=2, centering=None)
    moved = poses[:1].copy()
    moved[0, 2] += [3.0, 4.0]
    offset = np.zeros(8)
    offset[4:6] = 3.0, 4.0
    expected = (offset - directions.T @ (directions @ offset)).reshape(4, 2)
    found = subspace.distances(torch.from_numpy(moved))[0, 0].numpy()
    np.testing.assert_allclose(found, np.linalg.norm(expected, axis=1), atol=1e-9)


def test_one_in_a_hundred_labeled_positions_is_further_away_than_epsilon():
    poses, _ = flat_poses(500, noise_px=2.0)
    subspace = fit_pose(poses, range(4), components=2, centering=None)
    found = subspace.distances(torch.from_numpy(poses)).numpy()
    assert np.mean(found > subspace.epsilon_px) == pytest.approx(0.01, abs=0.001)


@pytest.mark.parametrize("centering", ["mean", "median"])
def test_where_a_centered_pose_lies_in_the_image_is_all_the_same(centering):
    poses, _ = flat_poses(noise_px=1.0)
    subspace = fit_pose(poses, range(4), components=3, centering=centering)
    here, there = torch.from_numpy(poses), torch.from_numpy(poses + np.array([100.0, -30.0]))
    torch.testing.assert_close(subspace.distances(here), subspace.distances(there))


def test_the_median_of_an_even_number_of_keypoints_is_between_the_middle_two():
    poses, _ = flat_poses(noise_px=1.0)
    subspace = fit_pose(poses, range(4), components=8, centering="median")
    rows = poses - np.median(poses, axis=1, keepdims=True)
    np.testing.assert_allclose(subspace.mean_px, rows.reshape(-1, 8).mean(axis=0), atol=1e-9)


def test_two_views_of_points_in_space_have_a_subspace_of_three_dimensions():
    random = np.random.default_rng(3)
    space = random.normal(size=(60, 5, 3)) * 20
    cameras = random.normal(size=(2, 3, 2))
    seen = np.concatenate([space @ camera for camera in cameras], axis=1)
    subspace = fit_views(seen, [range(5), range(5, 10)])
    assert subspace.directions.shape == (3, 4)
    assert subspace.epsilon_px < 1e-9
    wrong = torch.from_numpy(seen.copy())
    wrong[0, 7] += 5
    far = pose_pca(wrong, subspace)
    assert far[0, 2].min() > 0.1  # part 2: keypoint 2 and 7
    far[0, 2] = 0
    assert far.max() < 1e-6


def test_a_row_with_a_gap_says_nothing():
    poses, _ = flat_poses()
    subspace = fit_pose(poses, range(4), components=2, centering=None)
    holed = torch.from_numpy(poses[:2].copy())
    holed[0, 1] = float("nan")
    assert subspace.distances(holed)[0].isnan().all()
    assert subspace.distances(holed)[1].isfinite().all()


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8), st.floats(0.05, 0.999))
def test_the_fewest_components_that_hold_the_share_are_kept(variances, share):
    shares = np.sort(np.array(variances) / np.sum(variances))[::-1]
    kept = components_kept(shares, share)
    assert shares[:kept].sum() >= share - 1e-9
    assert shares[: kept - 1].sum() < share


def test_a_number_of_components_is_that_number():
    assert components_kept(np.array([0.9, 0.05, 0.05]), 2) == 2
    assert components_kept(np.array([0.9, 0.05, 0.05]), 9) == 3
    assert components_kept(np.array([0.9, 0.05, 0.05]), 1) == 1


def test_the_covariance_of_known_pairs_is_that_of_a_masked_array():
    rows = flat_poses(40, noise_px=3.0, gaps=0.3)[0].reshape(40, 8)
    mean, covariance = mean_and_covariance(rows)
    masked = np.ma.masked_invalid(rows)
    np.testing.assert_allclose(covariance, np.ma.cov(masked, rowvar=False).filled(), atol=1e-9)
    np.testing.assert_allclose(mean, masked.mean(axis=0).filled(), atol=1e-9)


def test_too_few_labels_are_told():
    poses, _ = flat_poses(7)
    with pytest.raises(TrainingError, match=r"7 labeled poses are too few .* 8 coordinates"):
        fit_pose(poses, range(4), components=2, centering=None)
    fit_pose(flat_poses(8)[0], range(4), components=2, centering=None)


def test_variances_below_zero_count_as_none():
    assert components_kept(np.array([6.0, 3.0, 1.0, -0.5]), 0.92) == 3
    assert components_kept(np.array([6.0, 3.0, 1.0, -0.5]), 0.89) == 2


def test_the_covariance_needs_two_images_of_each_pair():
    poses = flat_poses(50)[0].reshape(50, 8)
    poses[:24, 0] = poses[26:, 5] = np.nan
    assert mean_and_covariance(poses)[1].shape == (8, 8)
    poses[24, 0] = np.nan
    with pytest.raises(TrainingError, match="fewer than two images"):
        mean_and_covariance(poses)


def test_keypoints_that_are_never_labeled_together_are_told():
    poses, _ = flat_poses(50)
    poses[1::2, 0] = np.nan
    poses[::2, 3] = np.nan
    with pytest.raises(TrainingError, match="fewer than two images"):
        fit_pose(poses, range(4), components=2, centering=None)


def test_json_gives_back_the_subspace_to_the_last_bit():
    poses, _ = flat_poses(noise_px=1.0)
    subspace = fit_pose(poses, range(4), components=0.9, centering="mean")
    again = subspace_from(json.loads(json.dumps(subspace.described())))
    seen = torch.from_numpy(poses)
    assert torch.equal(again.distances(seen), subspace.distances(seen))
    assert (again.epsilon_px, again.centering) == (subspace.epsilon_px, "mean")


def test_a_given_epsilon_takes_the_place_of_that_of_the_labels():
    subspace = fit_pose(flat_poses(noise_px=1.0)[0], range(4), components=2, centering=None)
    assert subspace.allowing(None).epsilon_px == subspace.epsilon_px > 0
    assert subspace.allowing(0.0).epsilon_px == 0


def test_gradients_are_those_of_small_steps_and_defined_on_the_subspace():
    poses, _ = flat_poses(noise_px=1.0)
    subspace = fit_pose(poses, range(4), components=2, centering="mean")
    seen = torch.from_numpy(poses[:2]).requires_grad_()
    assert torch.autograd.gradcheck(lambda xy_px: pose_pca(xy_px, subspace), seen)
    whole = fit_pose(poses, range(4), components=8, centering=None)
    at = torch.from_numpy(whole.mean_px.reshape(1, 4, 2)).requires_grad_()
    whole.distances(at).sum().backward()
    assert at.grad is not None
    assert torch.equal(at.grad, torch.zeros_like(at))
