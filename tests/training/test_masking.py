import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.network.heatmaps import encode_heatmaps
from superanimal_core.network.pose_network import PoseNetwork
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.masking import keypoint_weights, masked_heatmap_loss

STATES = torch.tensor([[int(state) for state in LabelState]])


def random_heatmaps(seed, shape=(4, 3, 8, 8)):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("not_labeled_weight", "masking", "expected"),
    [
        (0.0, True, [0, 0, 1, 1, 1]),
        (0.25, True, [0, 0.25, 1, 1, 1]),
        (1.0, True, [0, 1, 1, 1, 1]),
        (0.0, False, [1, 1, 1, 1, 1]),
    ],
)
def test_weights_follow_the_state(not_labeled_weight, masking, expected):
    weight = keypoint_weights(STATES, not_labeled_weight=not_labeled_weight, masking=masking)
    assert weight[0].tolist() == expected


def test_with_all_weights_one_the_loss_is_the_mean_squared_error():
    predicted, target = random_heatmaps(0), random_heatmaps(1)
    loss = masked_heatmap_loss(predicted, target, torch.ones(4, 3))
    torch.testing.assert_close(loss, torch.nn.functional.mse_loss(predicted, target))


@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_loss_is_the_mean_over_the_defined_keypoints(defined):
    predicted, target = random_heatmaps(2), random_heatmaps(3)
    weight = torch.tensor(defined, dtype=torch.float32).reshape(4, 3)
    chosen = [
        float(((predicted[b, k] - target[b, k]) ** 2).mean())
        for b in range(4)
        for k in range(3)
        if weight[b, k]
    ]
    expected = sum(chosen) / len(chosen) if chosen else 0.0
    loss = float(masked_heatmap_loss(predicted, target, weight))
    assert loss == pytest.approx(expected, rel=1e-5)


def test_a_batch_that_defines_nothing_has_loss_and_gradient_zero():
    predicted = random_heatmaps(4).requires_grad_()
    loss = masked_heatmap_loss(predicted, random_heatmaps(5), torch.zeros(4, 3))
    loss.backward()
    assert loss.item() == 0
    assert float(predicted.grad.abs().max()) == 0


@pytest.fixture
def masked_batch():
    """A network of four keypoints, of which the batch's data set defines two."""
    torch.manual_seed(0)
    network = PoseNetwork("lcnet_035", 4, 4, 8).train()
    state = torch.full((3, 4), int(LabelState.VISIBLE))
    state[:, [1, 3]] = int(LabelState.NOT_IN_DATASET)
    xy = torch.rand(3, 4, 2) * 48 + 8
    xy[state < LabelState.OCCLUDED] = float("nan")
    return network, torch.randn(3, 3, 64, 64), xy, state


def loss_of(network, crops, target, state, masking):
    weight = keypoint_weights(state, not_labeled_weight=0.0, masking=masking)
    return masked_heatmap_loss(network(crops), target, weight)


def test_keypoints_outside_a_data_set_get_exactly_no_gradient(masked_batch):
    network, crops, xy, state = masked_batch
    target = encode_heatmaps(xy, (16, 16), 4, 4.0)
    loss_of(network, crops, target, state, masking=True).backward()
    for gradient in (network.head.weight.grad, network.head.bias.grad):
        assert torch.count_nonzero(gradient[[1, 3]]) == 0
        assert torch.count_nonzero(gradient[[0, 2]]) > 0


def test_without_masking_they_are_pushed_towards_background(masked_batch):
    network, crops, xy, state = masked_batch
    target = encode_heatmaps(xy, (16, 16), 4, 4.0)
    loss_of(network, crops, target, state, masking=False).backward()
    assert torch.count_nonzero(network.head.weight.grad[[1, 3]]) > 0


def test_masked_targets_change_neither_the_loss_nor_any_gradient(masked_batch):
    network, crops, xy, state = masked_batch
    target = encode_heatmaps(xy, (16, 16), 4, 4.0)
    other = target.clone()
    other[:, [1, 3]] = 7.0
    gradients = []
    losses = []
    for version in (target, other):
        network.zero_grad()
        loss = loss_of(network, crops, version, state, masking=True)
        loss.backward()
        losses.append(loss.item())
        gradients.append([p.grad.clone() for p in network.parameters()])
    assert losses[0] == losses[1]
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
