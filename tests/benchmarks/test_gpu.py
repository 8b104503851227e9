"""The benchmark of a GPU, tried on the processor: its figures, and what it leaves out."""

import importlib
import math
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("gpu")  # all of it is measured once
CPU = torch.device("cpu")
STEPS = ("decoding", "detector", "crops", "copy", "network", "positions", "parquet")


@pytest.fixture(scope="module")
def gpu():
    """The program; what it imports from beside it is forgotten afterwards."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        yield importlib.import_module("gpu")
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).parent == ROOT / "benchmarks":
            del sys.modules[name]


@pytest.fixture(scope="module")
def measuring(gpu):
    return sys.modules["gpu_measuring"]


@pytest.fixture(scope="module")
def video(gpu):
    return sys.modules["gpu_video"]


@pytest.fixture(scope="module")
def figures(gpu):
    """All that is measured at the sizes of a try."""
    return list(gpu.measured(CPU, gpu.TINY))


@pytest.fixture
def given(measuring, tmp_path):
    return measuring.Given(CPU, measuring.TINY, tmp_path, math.inf)


def of(figures, words):
    """Case and precision of the figures whose case has these words."""
    return [(each.case, each.precision) for each in figures if words in each.case]


def values_of(figures, words):
    found = [each.values for each in figures if words in each.case]
    assert found
    return found


def test_every_network_is_measured_in_every_precision_and_batch(figures):
    assert set(of(figures, " alone, ")) - set(of(figures, "decoding")) == {
        (f"{name} px, batch {batch}", precision)
        for name in ("pyramid alone, 32 x 32", "rtmpose alone, 64 x 96")
        for batch in (1, 2)
        for precision in ("float32", "bfloat16")
    }


def test_every_video_goes_to_parquet_and_step_after_step(figures):
    for size in ("64 x 48", "96 x 64"):
        assert of(figures, f"decoding alone, on the processor, {size}")
        for way in ("video to Parquet", "one step after the other"):
            case = f"pyramid and ssdlite, {way}, {size}"
            assert of(figures, case) == [(case, "float32"), (case, "bfloat16")]


def test_trainings_are_of_labels_alone_and_with_video(figures):
    case = "pyramid, training, 4 animals of 3 data sets"
    cases = case, f"{case} and 4 frames of unlabeled video"
    assert of(figures, "training,") == [
        (each, precision) for each in cases for precision in ("float32", "bfloat16")
    ]


def test_no_row_takes_the_place_of_another(figures):
    assert len({(each.case, each.precision) for each in figures}) == len(figures)


def test_figures_are_finite_and_rates_and_memory_positive(figures):
    for each in figures:
        assert all(math.isfinite(value) and value >= 0 for value in each.values.values()), each
        rates = [value for name, value in each.values.items() if re.search("_per_s|_gb", name)]
        assert all(rate > 0 for rate in rates), each
    for words in (" px, batch", "to Parquet", "training,"):
        assert all("peak_gb" in each for each in values_of(figures, words))


def test_the_steps_of_a_video_add_up_to_the_whole(figures):
    for values in values_of(figures, "one step after"):
        parts = [values[f"{step}_fraction"] for step in STEPS]
        assert sum(parts) == pytest.approx(1.0)
        assert min(parts) > 0
        assert set(values) == {*(f"{step}_fraction" for step in STEPS), "frames_per_s", "peak_gb"}


def test_waiting_is_a_part_of_a_training(figures):
    assert all(0 <= each["waiting_fraction"] <= 1 for each in values_of(figures, "training,"))


def test_a_processor_agrees_with_itself(figures):
    for values in values_of(figures, "steps on dots"):
        assert values["apart_px"] == 0
        assert values["error_px"] > 0
    for values in values_of(figures, "normalization"):
        assert values == {"apart_in_use": 0, "apart_in_training": 0}


def test_rows_name_the_gpu_and_the_precision(gpu, figures, tmp_path):
    for each in figures:
        gpu.keep(each, "NVIDIA Thing", tmp_path)
    rows = sys.modules["machine_rows"].rows_of(tmp_path / "gpu.csv")
    assert {(row["case"], row["precision"]) for row in rows} == set(of(figures, ""))
    assert {row["processor"] for row in rows} == {"NVIDIA Thing"}
    for each in figures:
        (row,) = (r for r in rows if (r["case"], r["precision"]) == (each.case, each.precision))
        kept = {name: float(row[name]) for name in row if name in each.values}
        assert kept == pytest.approx(dict(each.values), rel=1e-3)


def test_a_batch_that_does_not_fit_is_told_and_left_out_with_larger_ones(
    gpu, given, monkeypatch, capsys
):
    tried, measure = [], gpu.crop_rate

    def of_little_memory(given, network, shape, precision):
        tried.append((shape[0], precision))
        if shape[0] >= 2 and precision == "float32":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return measure(given, network, shape, precision)

    monkeypatch.setattr(gpu, "crop_rate", of_little_memory)
    one = {"pyramid": given.sizes.networks["pyramid"]}
    sizes = replace(given.sizes, batches=(1, 2, 4), networks=one)
    found = list(gpu.crop_rates(given._replace(sizes=sizes)))
    case = "pyramid alone, 32 x 32 px, batch"
    wide = [(f"{case} {batch}", "bfloat16") for batch in (1, 2, 4)]
    assert of(found, "") == [(f"{case} 1", "float32"), *wide]
    assert (4, "float32") not in tried
    assert f"{case} 2, float32: does not fit into memory and is left out" in capsys.readouterr().out


def test_a_video_that_does_not_fit_does_not_take_the_others_along(
    video, given, monkeypatch, capsys
):
    def refuse(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(video, "video_rate", refuse)
    sizes = replace(given.sizes, videos=((64, 48),), precisions=("float32",))
    found = list(video.video_rates(given._replace(sizes=sizes)))
    assert len(of(found, "one step after")) == 1
    assert not of(found, "to Parquet")
    assert "to Parquet, 64 x 48, float32: does not fit" in capsys.readouterr().out


def test_no_part_takes_the_time_of_a_later_one(gpu, measuring):
    assert measuring.ends_s(10.0, 100.0, {"a": 1.0, "b": 3.0}) == {"a": 35.0, "b": 110.0}
    assert max(sizes.budget_s for sizes in (gpu.FULL, gpu.QUICK)) < 8 * 60


def test_each_part_without_time_says_so_and_measures_nothing(gpu, given, capsys):
    for part, _ in gpu.PARTS.values():
        assert list(part(given._replace(until_s=-math.inf))) == []
        assert capsys.readouterr().out.startswith("no time is left: ")


def test_a_video_is_left_when_its_time_is_over(measuring, video, given, monkeypatch, capsys):
    monkeypatch.setattr(measuring.Given, "has_time", lambda *_: True)
    found = list(video.video_rates(given._replace(until_s=-math.inf)))
    assert [each.case for each in found] == ["decoding alone, on the processor, 64 x 48"]
    told = capsys.readouterr().out
    assert (
        "no time is left: pyramid and ssdlite, video to Parquet, 64 x 48, float32 was not" in told
    )


def test_a_training_is_left_when_its_time_is_over(measuring, given, monkeypatch):
    monkeypatch.setattr(measuring.Given, "has_time", lambda *_: True)
    sizes = replace(given.sizes, timed_s=math.inf, precisions=("float32",))
    late = given._replace(until_s=-math.inf, sizes=sizes)
    assert len(list(sys.modules["gpu_training"].training_rates(late))) == 2
    assert sys.modules["gpu_agreement"].learned_dots(late, "float32") is None


class LateDevice:
    """A device that takes a quarter of a second for a call, and is waited for only when asked."""

    def __init__(self, patch, measuring):
        self.now_s, self.given_s, self.calls = 0.0, 0.0, 0
        patch.setattr(measuring.time, "perf_counter", lambda: self.now_s)
        patch.setattr(torch.cuda, "synchronize", self.wait)

    def wait(self, _device):
        self.now_s, self.given_s = self.now_s + self.given_s, 0.0

    def call(self):
        self.calls += 1
        assert self.calls < 1000, "the time of the device is never waited for"
        self.given_s += 0.25 if self.calls > 3 else 10.0  # the first ones are slow


def test_a_rate_waits_for_the_device_and_leaves_out_the_first_calls(measuring, monkeypatch):
    device = LateDevice(monkeypatch, measuring)
    assert measuring.calls_per_s(device.call, torch.device("cuda"), 2.0) == pytest.approx(4.0)
    assert device.now_s - 3 * 10.0 >= 2.0


def test_each_step_has_the_time_that_the_device_took_for_it(measuring, monkeypatch):
    device = LateDevice(monkeypatch, measuring)
    clock = measuring.Clock(torch.device("cuda"))
    for step, seconds in (("a", 1.0), ("b", 2.0), ("a", 5.0)):
        device.given_s += seconds
        clock.ends(step)
    assert clock.seconds == {"a": 6.0, "b": 2.0}
    assert clock.fractions() == {"a_fraction": 0.75, "b_fraction": 0.25}


def test_data_sets_label_different_keypoints_and_all_are_labeled_by_some(gpu, given):
    of_training = sys.modules["gpu_training"]
    labels = sys.modules["training"].write_project(given.folder, 6)
    several = of_training.several_data_sets(labels)
    lacks = several.state == of_training.LabelState.NOT_IN_DATASET
    assert list(several.source) == ["lab0", "lab1", "lab2"] * 2
    assert (lacks[:3].sum(axis=0) == 1).all()
    assert (lacks[:3] == lacks[3:]).all()
    assert (several.state == labels.state)[~lacks].all()


def test_without_a_gpu_one_sentence_says_that_nothing_was_measured(gpu, monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for arguments in ([], ["--quick"], ["--record"], ["--tiny"]):
        gpu.main(arguments)
        assert capsys.readouterr().out == "no GPU here: nothing was measured\n"


@pytest.mark.parametrize("arguments", [["--device", "cpu"], ["--tiny", "--record"]])
def test_what_measures_nothing_is_not_taken_for_a_measurement(gpu, arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        gpu.main(arguments)
    assert stop.value.code == 2
    assert "--tiny" in capsys.readouterr().err


@pytest.mark.parametrize("is_kept", [False, True])
def test_rows_are_kept_only_when_asked(gpu, monkeypatch, is_kept, capsys):
    one, kept = gpu.Figures("a case", "float32", {"crops_per_s": 12.346}), []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA Thing")
    monkeypatch.setattr(gpu, "measured", lambda *_: iter([one]))
    monkeypatch.setattr(gpu, "keep", lambda *each: kept.append(each))
    gpu.main(["--record"] if is_kept else [])
    assert kept == [(one, "NVIDIA Thing")] * is_kept
    assert "a case, float32: crops_per_s 12.35\n" in capsys.readouterr().out.replace(
        "12.34", "12.35"
    )
