import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.network.pyramid import PyramidNetwork
from superanimal_core.pose.labels import LabelState
from superanimal_core.training.masking import keypoint_weights, masked_loss

STATES = torch.tensor([[int(state) for state in LabelState]])


def mean_loss(losses, weight):
    total, total_weight = masked_loss(losses, weight)
    return total / total_weight.clamp(min=1)


def random_losses(seed):
    return torch.rand((4, 3), generator=torch.Generator().manual_seed(seed))


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


def test_with_all_weights_one_the_loss_is_the_mean():
    losses = random_losses(0)
    torch.testing.assert_close(mean_loss(losses, torch.ones(4, 3)), losses.mean())


@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_the_loss_is_the_mean_over_the_defined_keypoints(defined):
    losses = random_losses(2)
    weight = torch.tensor(defined, dtype=torch.float32).reshape(4, 3)
    chosen = [float(losses[b, k]) for b in range(4) for k in range(3) if weight[b, k]]
    expected = sum(chosen) / len(chosen) if chosen else 0.0
    assert float(mean_loss(losses, weight)) == pytest.approx(expected, rel=1e-5)


def test_a_batch_that_defines_nothing_has_loss_and_gradient_zero():
    losses = random_losses(4).requires_grad_()
    loss = mean_loss(losses, torch.zeros(4, 3))
    loss.backward()
    assert loss.item() == 0
    assert float(losses.grad.abs().max()) == 0


@pytest.fixture
def masked_batch():
    """A network of four keypoints, of which the batch's data set defines two."""
    torch.manual_seed(0)
    settings = {"stride_px": 4, "sigma_px": 4.0, "decoder_channels": 8, "is_subpixel": True}
    network = PyramidNetwork(4, backbone="lcnet_035", **settings).train()
    state = torch.full((3, 4), int(LabelState.VISIBLE))
    state[:, [1, 3]] = int(LabelState.NOT_IN_DATASET)
    xy = torch.rand(3, 4, 2) * 48 + 8
    xy[state < LabelState.OCCLUDED] = float("nan")
    return network, torch.randn(3, 3, 64, 64), xy, state


def loss_of(network, crops, xy, state, masking):
    weight = keypoint_weights(state, not_labeled_weight=0.0, masking=masking)
    return mean_loss(network.keypoint_losses(network(crops), xy), weight)


def test_keypoints_outside_a_data_set_get_exactly_no_gradient(masked_batch):
    network, crops, xy, state = masked_batch
    loss_of(network, crops, xy, state, masking=True).backward()
    for gradient in (network.head.weight.grad, network.head.bias.grad):
        assert torch.count_nonzero(gradient[[1, 3]]) == 0
        assert torch.count_nonzero(gradient[[0, 2]]) > 0


def test_without_masking_they_are_pushed_towards_background(masked_batch):
    network, crops, xy, state = masked_batch
    loss_of(network, crops, xy, state, masking=False).backward()
    assert torch.count_nonzero(network.head.weight.grad[[1, 3]]) > 0


def test_masked_targets_change_neither_the_loss_nor_any_gradient(masked_batch):
    network, crops, xy, state = masked_batch
    other = xy.clone()
    other[:, [1, 3]] = 7.0
    gradients = []
    losses = []
    for version in (xy, other):
        network.zero_grad()
        loss = loss_of(network, crops, version, state, masking=True)
        loss.backward()
        losses.append(loss.item())
        gradients.append([p.grad.clone() for p in network.parameters()])
    assert losses[0] == losses[1]
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
