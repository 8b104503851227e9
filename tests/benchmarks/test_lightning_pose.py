"""What goes to Lightning Pose and back; the comparison itself where it is installed."""

import importlib
import inspect
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PEER = BENCHMARKS.parent / ".peers/lightning_pose/bin/python"


@pytest.fixture
def module(monkeypatch):
    """A benchmark or a job file, by its name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers"))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if name.startswith("lightning_pose"):
            del sys.modules[name]


@pytest.fixture
def absences(module, monkeypatch):
    """Modules of the job's list may be absent, as while it runs."""
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, module("lightning_pose_job").Absences()])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("nvidia", "aniposelib"):
            del sys.modules[name]


def pose_like(animals=40):
    """Labels of the mirror mouse's kind: 17 keypoints that move together, one unknown."""
    generator = np.random.default_rng(1)
    axes = generator.normal(size=(4, 34))
    xy_px = (
        150 + generator.normal(0, 20, (animals, 4)) @ axes + generator.normal(size=(animals, 34))
    )
    xy_px[3, 8] = np.nan
    return xy_px.reshape(animals, 17, 2)


def test_both_sides_take_every_case(module):
    job, ours = module("lightning_pose_job").LOSSES, module("lightning_pose_losses").OURS
    assert list(job) == list(ours)
    given = module("lightning_pose").by_case(module("lightning_pose_cases").cases(pose_like()))
    assert {name.partition("/")[0] for name in given} == set(ours)
    for name, arguments in given.items():
        for functions in (job, ours):
            inspect.signature(functions[name.partition("/")[0]]).bind(**arguments)


def test_no_double_and_no_object_reaches_the_other_side(module):
    for name, value in module("lightning_pose_cases").cases(pose_like()).items():
        assert value.dtype in (np.float32, np.int64), name


def test_the_job_gives_each_function_the_arrays_of_its_case(module):
    given = {
        "sum/one/a": np.array([1.0, 2.0]),
        "sum/one/b": np.array(3.0),
        "sum/other/a": np.array([5.0]),
        "sum/other/b": np.array(0.0),
        "none/one/c": np.array(7),
    }
    functions = {
        "sum": lambda *, a, b: {"loss": a.sum() + b, "first": a[0]},
        "none": lambda *, c: {"loss": torch.tensor(int(c))},
    }
    found = module("lightning_pose_job").losses_of(given, functions)
    assert {name: float(value) for name, value in found.items()} == {
        "sum/one/loss": 6.0,
        "sum/one/first": 1.0,
        "sum/other/loss": 5.0,
        "sum/other/first": 5.0,
        "none/one/loss": 7.0,
    }


@pytest.mark.usefixtures("absences")
def test_what_is_absent_can_be_imported_inherited_from_and_used_to_decorate():
    part = importlib.import_module("aniposelib.cameras.deep")

    class Own(part.Base):
        pass

    @part.decorate
    def double(number):
        return 2 * number

    assert double(4) == 8
    assert Own.__name__ == "Own"
    assert (part.Type | None) is not None
    assert not hasattr(part, "__file__")


@pytest.mark.usefixtures("absences")
def test_no_other_module_is_made_up():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("aniposelib_of_others")
    assert importlib.import_module("json").dumps([1]) == "[1]"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 2.0], [1.0, 1.0], 0.5),
        ([0.0], [0.0], 0.0),
        ([np.nan, 4.0], [np.nan, 4.0], 0.0),
        ([np.nan, 4.0], [1.0, 4.0], np.inf),
        ([np.nan], [np.nan], 0.0),
        ([0.0], [0.9e-9], 0.0),
        ([0.0], [1.1e-9], 1.0),
    ],
)
def test_a_difference_is_a_part_of_the_largest_value(module, one, other, expected):
    difference = module("lightning_pose").difference
    assert difference(np.array(one), np.array(other)) == pytest.approx(expected)


def test_cases_that_differ_with_a_reason_are_cases(module):
    cases = module("lightning_pose_cases").cases(None)
    names = {name.rpartition("/")[0] for name in cases}
    for name in module("lightning_pose").DIFFERENT:
        assert name.rpartition("/")[0] in names


def test_our_side_of_every_case_is_known_where_all_is_known(module):
    cases, ours = module("lightning_pose_cases").cases(None), module("lightning_pose_losses").OURS
    found = module("lightning_pose_job").losses_of(cases, ours)
    assert all(np.isfinite(v).all() for name, v in found.items() if "unknown where" not in name)


@pytest.fixture
def training(module):
    recordings = module("semisupervised_recordings")
    if not (recordings.SHARED / "mirror_mouse").is_dir():
        pytest.skip(f"needs {recordings.SHARED}/mirror_mouse (set SUPERANIMAL_SHARED)")
    labels = recordings.mirror_mouse().labels
    return module("lightning_pose_training").ShortTraining(labels, steps=3, seed=1)


def test_the_other_side_gets_our_batches(training, module):
    trainings = module("lightning_pose_training")
    given, bundle = training.given(), training.bundle()
    learned, held = training.parts
    assert not set(learned.image) & set(held.image)
    how = training.training, training.augment, training.seed
    stream = trainings.learning_stream(learned, trainings.cached_reader(), bundle, *how)
    for step, rows in enumerate(given["rows"]):
        batch = stream(step)
        np.testing.assert_array_equal(given["crops"][rows], batch.crops.numpy())
        theirs = given["keypoints"][rows] + 2  # cells of 4 px: their centers from 0, ours from 2
        np.testing.assert_allclose(theirs, batch.xy_px.numpy(), atol=1e-4)
    start = [given[name] for name in sorted(given) if name.startswith("start/")]
    for own, other in zip(bundle.network.state_dict().values(), start, strict=True):
        assert torch.equal(own, torch.from_numpy(other))
    assert given["rates"][0] == pytest.approx(0.001)


def test_what_it_sees_comes_back_into_the_image(training):
    held = training.parts[1]
    in_crop = training.cut(held)[1] - 2
    np.testing.assert_allclose(training.in_image(in_crop), held.xy_px, atol=1e-6)
    assert training.error_px(held.xy_px + np.array([3.0, 4.0])) == pytest.approx(5.0)


def test_the_network_has_maps_of_probability_on_a_grid_of_four_pixels(module):
    network = module("lightning_pose_training").PublishedNetwork(3).eval()
    maps = network(torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)))
    assert maps.shape == (2, 3, 16, 16)
    torch.testing.assert_close(maps.sum(dim=(2, 3)), torch.ones(2, 3))


@pytest.mark.skipif(not PEER.is_file(), reason=f"needs Lightning Pose in {PEER} (make peers)")
def test_losses_are_those_of_lightning_pose(module):
    parity = module("lightning_pose")
    own, published = parity.both_losses(None, 1)
    assert own.keys() == published.keys()
    for name in own.keys() - parity.DIFFERENT.keys():
        assert parity.difference(own[name], published[name]) < 1e-5, name
