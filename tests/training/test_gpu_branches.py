"""What only GPUs or several processes reach, reached here: by its parts, or by its own name."""

import copy

import pytest
import timm
import torch
from timm.layers.norm_act import BatchNormAct2d
from tiny_networks import pyramid_bundle
from torch import nn

from superanimal_core.errors import TrainingError
from superanimal_core.jobs import member_training
from superanimal_core.network import devices
from superanimal_core.network.pose_network import freeze_batch_norm
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.training import processes, state
from superanimal_core.training.history import History
from superanimal_core.training.processes import Processes, share_batch_norm
from superanimal_core.training.state import TrainingState

SPACE = KeypointSpace("two", ("a", "b"))
CUDA = torch.device("cuda")  # a name only: nothing is put there
BACKBONES = (
    "lcnet_035",
    "mobilenetv3_small_050",
    "efficientnet_b0",
    "resnet18",
    "regnety_002",
    "mobilevit_xxs",
    "hrnet_w18_small",
)


def varied(network, seed=0):
    """The network with statistics and weights of every normalization unlike the initial ones."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            for values in (module.weight.data, module.bias.data, module.running_mean):
                values.add_(0.1 * torch.randn(values.shape, generator=generator))
    return network


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("is_training", [False, True])
def test_normalization_shared_by_gpus_says_the_same(backbone, is_training):
    torch.manual_seed(0)
    network = varied(timm.create_model(backbone, pretrained=False, features_only=True))
    shared = copy.deepcopy(network)
    share_batch_norm(shared)
    assert any(isinstance(m, nn.SyncBatchNorm) for m in shared.modules())
    assert shared.state_dict().keys() == network.state_dict().keys()
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        pairs = zip(shared.train(is_training)(x), network.train(is_training)(x), strict=True)
    for found, expected in pairs:
        assert torch.equal(found, expected)


def test_the_default_network_keeps_its_activations_and_its_parameters():
    bundle = pyramid_bundle(SPACE)
    network = varied(bundle.network).eval()
    x = torch.randn(2, 3, 64, 64)
    expected, parameters = network(x).detach(), list(network.parameters())
    share_batch_norm(network)
    assert torch.equal(network(x), expected)
    assert all(a is b for a, b in zip(network.parameters(), parameters, strict=True))


def test_frozen_statistics_stay_frozen_and_sharing_twice_is_sharing_once():
    network = pyramid_bundle(SPACE).network.train()
    freeze_batch_norm(network)
    share_batch_norm(network)
    x = torch.randn(2, 3, 64, 64)
    before, once = copy.deepcopy(network.state_dict()), network(x).detach()
    share_batch_norm(network)
    assert torch.equal(network(x), once)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


class NormThenAct(nn.BatchNorm2d):
    """Some library's normalization with an activation of its own."""

    def forward(self, x):
        return super().forward(x).relu()


@pytest.mark.parametrize("norm", [NormThenAct(3), type("Own", (BatchNormAct2d,), {})(3)])
def test_a_normalization_that_would_lose_something_is_refused(norm):
    network = nn.Sequential(nn.Conv2d(3, 3, 1), norm)
    with pytest.raises(TrainingError, match=rf"'1' is a {type(norm).__name__}, .* processes: 1"):
        share_batch_norm(network)
    assert network[1] is norm


@pytest.mark.parametrize(("device", "ids"), [(CUDA, [CUDA]), (torch.device("cpu"), None)])
def test_several_processes_share_the_network_and_on_gpus_its_normalization(
    monkeypatch, device, ids
):
    calls = []
    monkeypatch.setattr(
        processes, "DistributedDataParallel", lambda network, **how: calls.append(how) or network
    )
    network = pyramid_bundle(SPACE).network
    assert Processes(0, 2).share(network, device) is network
    assert calls == [{"device_ids": ids, "static_graph": True}]
    assert any(isinstance(m, nn.SyncBatchNorm) for m in network.modules()) == (device is CUDA)
    assert Processes(0, 1).share(network, CUDA) is network
    assert len(calls) == 1


def state_on(device):
    network = nn.Sequential(nn.Linear(2, 2))
    how = {"learning_rate": 0.1, "weight_decay": 0.0, "ema_decay": 0.5}
    return TrainingState.before_the_first_step(network, device, **how)


def test_a_checkpoint_holds_the_random_numbers_of_the_gpu(monkeypatch):
    given, taken = torch.arange(4, dtype=torch.uint8), []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: given)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda value, device: taken.append(value))
    running = state_on(CUDA)
    running.descend(running.network(torch.ones(1, 2)).sum(), 0.1, 1.0)
    saved = running.checkpoint()
    again = state_on(CUDA)
    again.restore(saved)
    assert torch.equal(taken[0], given)
    assert torch.equal(again.network[0].weight, running.network[0].weight)
    assert again.step == 1


class Kept:
    """Checkpoints that only count."""

    def __init__(self, is_due):
        self.due, self.saved, self.told = is_due, 0, 0

    def read(self):
        return None

    def is_due(self):
        return self.due

    def write(self, checkpoint):
        self.saved += 1

    def written(self):
        self.told += 1


@pytest.mark.parametrize(("rank", "is_due_here"), [(0, False), (0, True), (1, False), (1, True)])
def test_a_checkpoint_due_anywhere_is_written_once_and_told_everywhere(
    monkeypatch, rank, is_due_here
):
    def from_both(value):
        value += 1.0  # it is due in the other process

    monkeypatch.setattr(processes.dist, "all_reduce", from_both)
    monkeypatch.setattr(processes.dist, "barrier", lambda: None)
    kept = Kept(is_due_here)
    state_on(torch.device("cpu")).keep(kept, Processes(rank, 2))
    assert (kept.saved, kept.told) == (int(rank == 0), 1)


@pytest.mark.parametrize("rank", [0, 1])
def test_the_first_process_alone_writes_the_model(monkeypatch, rank, world):
    written = []
    monkeypatch.setattr(member_training, "processes_here", lambda: Processes(rank, 2))
    monkeypatch.setattr(member_training, "fit_resumably", lambda *_, **__: History())
    monkeypatch.setattr(member_training, "write_bundle", lambda *given: written.append(given))
    call = member_training.MemberTraining("member-0", {}, [], 0.1, {}, {}, {}, 0, 1, 5.0)
    call.fit(world.bundle(), world.labels(["lab"]), world.read_image, CUDA)
    assert len(written) == (rank == 0)


def test_nothing_is_written_where_nothing_is_due(monkeypatch):
    monkeypatch.setattr(processes.dist, "all_reduce", lambda value: None)
    kept = Kept(False)
    state_on(torch.device("cpu")).keep(kept, Processes(0, 2))
    assert (kept.saved, kept.told) == (0, 0)
    assert isinstance(kept, state.Checkpoints)


@pytest.mark.parametrize(
    ("cuda", "mps", "kind"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_fastest_device_there_is(monkeypatch, cuda, mps, kind):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    threads = torch.get_num_threads()
    assert devices.use_device(threads, 0).type == kind


@pytest.mark.parametrize("is_there", [True, False])
def test_a_precision_is_used_where_the_device_has_it(monkeypatch, is_there):
    monkeypatch.setattr(devices, "has_precision", lambda kind, precision: is_there)
    with devices.autocast(torch.device("cpu"), "bfloat16"):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if is_there else torch.float32)
    with devices.autocast(torch.device("cpu"), "float32"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32
