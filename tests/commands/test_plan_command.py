"""What a run is said to cost: sums by hand, the study's own benchmarks, and a probe that works."""

import ast
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny_networks import pyramid_bundle
from tiny_study import write_tiny_study

from superanimal_core.__main__ import main
from superanimal_core.commands import plan, plan_costs, plan_probe
from superanimal_core.commands.plan_costs import Paces, RuleCost
from superanimal_core.commands.plan_load import Load
from superanimal_core.commands.plan_weights import weights_here
from superanimal_core.commands.study_folder import read_here
from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.looks import USUAL_GAP
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.study.overlay import read_complete
from superanimal_core.study.settings_document import settings_from_mapping
from superanimal_core.training.history import History

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]

DRY = """Job stats:
job              count
-------------  -------
all                  1
predict_poses       12
pretrain             2
total               15

predict_poses      999
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_tiny_study(tmp_path_factory.mktemp("tiny") / "study")


@pytest.fixture
def settings(tiny, monkeypatch):
    monkeypatch.chdir(tiny)
    return settings_from_mapping(read_complete("config/config.yaml"), "config.yaml")


def test_jobs_are_those_of_the_table_alone():
    assert plan.jobs_in(DRY) == {"predict_poses": 12, "pretrain": 2}
    assert plan.jobs_in("Nothing to be done (all requested files are present).") == {}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("Building DAG of jobs...\nCycle in rule a:\n    file b\n", "Cycle in rule a: file b"),
        ("Building DAG of jobs...\nNew.\nBuilding DAG of jobs...\nBad b\n", "Bad b"),
        ("Base: x\n\nno such profile\n", "no such profile"),
        ("Base: x\nBuilding DAG of jobs...\n", "Building DAG of jobs..."),
        ("", ""),
    ],
)  # fmt: skip
def test_what_snakemake_cannot_plan_is_told_in_its_last_words_whole(told, words):
    assert plan.last_words(told) == words


def test_a_study_on_a_disk_for_reading_alone_is_told_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    monkeypatch.setattr(plan, "snakemake_command", lambda *_, **__: ["sh", "-c", "exit 1"])
    monkeypatch.setattr(plan, "find_cache_home", lambda _: "")
    monkeypatch.setattr("os.access", lambda folder, _: Path(folder).name != "results")
    with pytest.raises(SuperAnimalError, match="results cannot be written by you"):
        plan.jobs_left()


def test_the_first_of_many_does_not_count(monkeypatch):
    clock = iter([(0.0, 0.0), (10.0, 100.0), (11.0, 103.0), (12.0, 106.0)])
    now = [(0.0, 0.0)]
    monkeypatch.setattr(plan_probe.time, "process_time", lambda: now[0][0])
    monkeypatch.setattr(plan_probe.time, "monotonic", lambda: now[0][1])

    def work():
        now[0] = next(clock)

    pace = plan_probe.repeated(work, 104.0)
    assert pace == pytest.approx(4.0)
    assert plan_probe.Watch(5.0).pace_s == 0.0


def test_a_job_costs_its_steps_and_frames(settings):
    model = settings.models["mouse"].model_copy(update={"seeds": [0, 1, 2]})
    paces = Paces(0.001, 0.01, 0.002, 0.1, 0.3)
    how = (settings, model, paces, Load(frames=1000.0, animals=2.0))
    start = plan_costs.START_OF_TORCH_S
    views = len(settings.inference.scales) * (2 if settings.inference.flip else 1)
    of_poses = 0.002 * 1000 * 2 * 3 * views

    def cost(rule):
        return plan_costs.probed_cost(rule, *how) - start

    assert cost("pretrain") == pytest.approx(0.1 * 4)
    assert cost("train_detector") == pytest.approx(0.3 * 4)
    for every, gap in (("auto", USUAL_GAP), (1, 1), (5, 5)):
        detector = settings.detector.model_copy(update={"every_frames": every})
        otherwise = (settings.model_copy(update={"detector": detector}), *how[1:])
        costs = plan_costs.probed_cost("predict_poses", *otherwise) - start
        assert costs == pytest.approx(1 + 10 / gap + of_poses)
    of_batch = settings.adaptation.batch / settings.training.batch
    assert cost("adapt_to_video") == pytest.approx(2 * 3 * 0.1 * of_batch + of_poses)
    assert cost("adapt_together") == pytest.approx(2 * 0.1 * of_batch)
    assert plan_costs.probed_cost("report", *how) is None
    shared = settings.adaptation.model_copy(update={"per": "camera"})
    how = (settings.model_copy(update={"adaptation": shared}), *how[1:])
    assert cost("adapt_to_video") == pytest.approx(of_poses)


@pytest.mark.parametrize("rule", ["adapt_to_video", "adapt_together", "predict_poses"])
@pytest.mark.parametrize("when", ["needed", "always"])
def test_what_may_not_be_needed_is_said_to_cost_that_at_most(settings, rule, when):
    adaptation = settings.adaptation.model_copy(update={"when": when})
    chosen = settings.model_copy(update={"adaptation": adaptation})
    models = [(chosen.models["mouse"], Paces(0.001, 0.01, 0.002, 0.1, 0.3))]
    _, how = plan_costs.unmeasured_cost(rule, chosen, models, Load(frames=10.0, animals=1.0))
    assert ("at most" in how) == (when == "needed" and rule.startswith("adapt"))


def test_what_was_measured_in_the_study_counts_by_the_frames_of_its_videos(tmp_path):
    seconds = {"smooth_poses/a": 3.0, "smooth_poses/gone": 99.0, "report/all": 7.0}
    for name, cpu_s in seconds.items():
        file = tmp_path / f"benchmarks/{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"s\th:m:s\tmax_rss\tcpu_time\n9.0\t0:00:09\t512.5\t{cpu_s}\n")
    (tmp_path / "benchmarks/report/other.tsv").write_text("s\tmax_rss\tcpu_time\n1\tNA\t1\n")
    pace, memory = plan_costs.measured_cost(tmp_path, "smooth_poses", {"a": 100.0}, 400.0)
    start = plan_costs.START_S
    assert (pace, memory) == (pytest.approx(start + (3.0 - start) * 4), 512.5)
    assert plan_costs.measured_cost(tmp_path, "report", {}, 400.0)[0] == 7.0
    assert plan_costs.measured_cost(tmp_path, "pretrain", {}, 400.0) is None


def test_days_of_training_are_warned_of_with_what_to_do_instead(monkeypatch):
    monkeypatch.setattr(plan, "_has_gpu", lambda: False)
    day = RuleCost("pretrain", 4, 86400.0, 1000.0, "probed")
    told = plan.warnings([day], 4, Path("s"))
    assert "The trainings alone would take 1 days" in told[0]
    assert any("superanimal_topviewmouse_hrnet_w32" in line for line in told)
    assert plan.warnings([RuleCost("pretrain", 4, 3600.0, 1.0, "")], 4, Path("s")) == []
    assert plan.warnings([RuleCost("smooth_poses", 999, 86400.0, 1.0, "")], 4, Path("s")) == []
    monkeypatch.setattr(plan, "_has_gpu", lambda: True)
    assert plan.warnings([day], 4, Path("s")) == []


def test_the_sum_is_that_of_all_jobs_and_no_job_is_torn_into_cores():
    costs = [RuleCost("a", 2, 60.0, 1.0, ""), RuleCost("b", 60, 1.0, 1.0, "")]
    (*_, total, told) = plan.plan_lines(costs, 4)
    assert re.search(r"in all +62 +3 min", total)
    assert "4 cores that have nothing else to do, 1 min or more" in told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.5, "0.5 s"), (90, "1.5 min"), (7200, "2 h"), (3 * 86400, "3 days")],
)
def test_times_are_told_in_the_unit_that_fits(seconds, told):
    assert plan.told_time(seconds) == told


def test_networks_and_a_video_are_tried_and_nothing_is_written(tiny, monkeypatch, capsys):
    rules = ("pretrain", "train_detector", "predict_poses", "adapt_to_video", "smooth_poses")
    monkeypatch.setattr(plan, "jobs_left", lambda: dict.fromkeys(rules, 1))
    before = sorted(tiny.rglob("*"))
    assert main(["plan", str(tiny), "--seconds", "1"]) == 0
    assert sorted(tiny.rglob("*")) == before
    said = capsys.readouterr().out
    rows = {line.split()[0]: line for line in said.splitlines()}
    assert {rule for rule in rules if rows[rule].endswith("probed")} == {*rules[:-1]}
    assert rows["smooth_poses"].endswith("as in the demo")
    start = plan_costs.START_OF_TORCH_S
    assert all(float(rows[rule].split()[2]) >= start for rule in rules[:-1])
    assert re.search(r" \d+ kB  probed$", rows["pretrain"])  # the weights of a tiny network


def test_where_nothing_is_left_this_is_told(tiny, monkeypatch, capsys):
    monkeypatch.setattr(plan, "jobs_left", dict)
    assert main(["plan", str(tiny)]) == 0
    assert capsys.readouterr().out == "nothing is left to do\n"


def test_where_there_is_no_slurm_a_node_cannot_be_tried(tiny, monkeypatch, capsys):
    monkeypatch.setattr(plan.shutil, "which", lambda _: None)
    assert main(["plan", str(tiny), "--slurm"]) == 1
    assert "there is no srun here; type it where you submit jobs" in capsys.readouterr().err


def test_networks_that_begin_with_weights_of_others_are_those_that_are_tried(settings):
    """A grandchild begins with what its parent's parent was given; a file that is not here, not."""
    own = settings.models["mouse"]

    def child_of(parent):
        return own.model_copy(update={"fine_tune": SimpleNamespace(parent=parent)})

    models = {
        "given": {"pose_weights": "config/videos.tsv", "detector_weights": "whole_frame"},
        "gone": {"pose_weights": "gone.pt", "detector_weights": "config/videos.tsv"},
    }
    models = {name: own.model_copy(update=weights) for name, weights in models.items()}
    models |= {"child": child_of("given"), "grandchild": child_of("child"), "own": own}
    described = settings.model_copy(update={"models": models})
    study = replace(read_here(), settings=described)
    found = {name: weights_here(study, name) for name in models}
    begun = ("config/videos.tsv", "whole_frame")
    assert found["given"] == found["child"] == found["grandchild"] == begun
    assert found["gone"] == ("", "config/videos.tsv")
    assert found["own"] == ("", "")


def test_a_network_of_others_is_probed_itself(tmp_path):
    space = KeypointSpace("s", ("a", "b"))
    write_bundle(pyramid_bundle(space, decoder_channels=16), tmp_path / "member-0", {}, History())
    before = plan_probe.Networks(pyramid_bundle(space), None, np.zeros((9, 9, 3), np.uint8), CPU)
    how = {"is_subpixel": True, "normalize_twice": True}
    begun = before.begun_with(str(tmp_path / "member-0"), "whole_frame", space, **how)
    assert begun.pose.parameters["decoder_channels"] == 16
    assert begun.detector is None
    assert before.begun_with("", "", space, **how) == before


@pytest.mark.parametrize(
    ("rule", "mb"),
    [("pretrain", 900.0), ("adapt_to_video", 900.0), ("predict_poses", 300.0), ("report", 350.0)],
)
def test_memory_is_what_the_probe_took_of_the_hungriest_model(rule, mb):
    paces = [Paces(predicting_mb=300.0, training_mb=500.0), Paces(training_mb=900.0)]
    assert plan_costs.unmeasured_memory(rule, paces) == mb
    assert plan_costs.unmeasured_memory(rule, []) == (350.0 if rule == "report" else 1600.0)


def imports_torch(path, known):
    """Whether a file imports torch as it is read, itself or by another file of this package."""
    if path in known:
        return known[path]
    known[path] = False  # a circle adds nothing
    tree, names = ast.parse(path.read_text()), set()
    for node in [*tree.body, *(each for block in tree.body for each in getattr(block, "body", ()))]:
        if isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{of.name}" for of in node.names)}
        elif isinstance(node, ast.Import):
            names |= {of.name for of in node.names}
    files = [ROOT / f"{name.replace('.', '/')}.py" for name in names]
    known[path] = any(name.split(".")[0] in ("torch", "timm") for name in names)
    known[path] |= any(imports_torch(file, known) for file in files if file.is_file())
    return known[path]


def test_jobs_that_import_torch_are_said_to_take_its_time_and_memory():
    known = {}
    rules = {s.stem for s in ROOT.glob("workflow/scripts/*.py") if imports_torch(s, known)}
    assert "import_pose_model" in rules
    assert rules - {*plan_costs.WITH_NETWORKS} == set()
