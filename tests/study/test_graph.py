"""Which file needs which, asked without Snakemake, on studies that are put together here."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from superanimal_core.models.bundles import crop_from_mapping
from superanimal_core.network.bundle import new_bundle
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.settings import AugmentSettings, PatchMaskSettings, Settings
from superanimal_core.study.brought_graph import BroughtGraph
from superanimal_core.study.graph import Graph, Original
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.student_graph import StudentGraph
from superanimal_core.study.study import Study
from superanimal_core.study.study_rows import DatasetRow, ReleasedRow, VideoRow
from superanimal_core.study.transfer_graph import TransferGraph
from superanimal_core.tables.names import OF_VIDEO

WORKFLOW = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((WORKFLOW / "config/config.yaml").read_text())
MOUSE, HORSE = "superanimal_topviewmouse", "superanimal_quadruped"


class Paths:
    """Identities that say what was asked for."""

    def of_file(self, path):
        return f"file:{path}"

    def of_dataset(self, row):
        return f"dataset:{row.dataset}"


def video(name, model="mouse", path=None, **columns):
    return VideoRow(name, path or f"raw/{name}.mp4", model, 1, None, 0.05, None, columns)


def dataset(name, role, space=MOUSE):
    return DatasetRow(name, f"raw/{name}", "coco", space, role, f"conversions/{name}.tsv", "CC0")


def graph_of(videos=(), datasets=(), models=None, **sections):
    """A graph; `models` and `sections` are what differs from the shipped settings."""
    shipped = CONFIG["models"]["mouse"]
    models = {name: shipped | own for name, own in (models or {"mouse": {"seeds": [0, 3]}}).items()}
    settings = CONFIG | {"models": models}
    for section, own in sections.items():
        settings[section] = settings[section] | own
    released = ReleasedRow("superanimal_x", "pose", MOUSE, "r", "f", "main", "unverified")
    study = Study(
        Settings(**settings),
        {row.video: row for row in videos},
        {row.dataset: row for row in datasets},
        {MOUSE: "spaces/mouse.yaml", HORSE: "spaces/horse.yaml"},
        {released.name: released},
    )
    return Graph(study, Paths())


def test_a_model_learns_from_the_data_sets_of_its_space_and_role():
    rows = [
        dataset("a", "pretrain"),
        dataset("b", "pretrain", HORSE),
        dataset("c", "evaluate"),
        dataset("d", "pretrain"),
    ]
    graph = graph_of(datasets=rows)
    folder = "results/datasets"
    assert graph.unified("mouse", "pretrain") == [
        f"{folder}/a/unified.parquet",
        f"{folder}/d/unified.parquet",
    ]
    assert graph.unified("mouse", "evaluate") == [f"{folder}/c/unified.parquet"]
    assert graph.unified("mouse", "fine_tune") == []
    assert [path.split("/")[2] for path in graph.unified_like("c")] == ["a", "c", "d"]


def test_originals_count_by_what_they_hold():
    graph = graph_of([video("v", truth="raw/v.parquet")], [dataset("a", "pretrain")])
    assert graph.dataset_files("a") == Original("raw/a", "dataset:a")
    assert graph.space_of_dataset("a") == [Original("spaces/mouse.yaml", "file:spaces/mouse.yaml")]
    assert graph.truth("v") == Original("raw/v.parquet", "file:raw/v.parquet")
    assert graph.video("v") == Original("raw/v.mp4", "file:raw/v.mp4")


def test_a_video_in_a_store_is_named_by_its_url():
    graph = graph_of([video("v", path="s3://lab/v.mp4"), video("w")])
    assert graph.video("v") == "s3://lab/v.mp4"
    assert graph.local_videos() == ["raw/w.mp4"]


def test_the_members_of_an_ensemble_are_its_seeds():
    graph = graph_of(models={"mouse": {"seeds": [0, 3]}, "other": {"seeds": [1]}})
    assert graph.members("mouse") == [f"results/models/mouse/member-{seed}" for seed in (0, 3)]
    assert graph.all_members() == [*graph.members("mouse"), "results/models/other/member-1"]
    assert graph.member_like("mouse", 3).endswith("member-3")
    assert graph.member_like("mouse", 7).endswith("member-0")


TUNED = {
    "mouse": {"seeds": [0, 3]},
    "tuned": {"seeds": [3, 4], "fine_tune": {"parent": "mouse", "mode": "naive"}},
}


def test_a_tuned_model_starts_from_its_parent_and_uses_its_detector():
    graph = graph_of(models=TUNED)
    assert graph.parent_member("tuned", 3) == "results/models/mouse/member-3"
    assert graph.parent_member("tuned", 4) == "results/models/mouse/member-0"
    assert graph.detector("tuned") == graph.detector("mouse") == "results/models/mouse/detector"


def test_without_a_detector_there_is_none_for_the_tuned_model_either():
    models = TUNED | {"mouse": {"seeds": [0], "detector_weights": "whole_frame"}}
    assert graph_of(models=models).detector("tuned") == []


@pytest.mark.parametrize(
    ("weights", "answer"),
    [
        (None, []),
        ("superanimal_x", "results/weights/superanimal_x.pt"),
        ("mine.pt", Original("mine.pt", "file:mine.pt")),
    ],
)
def test_weights_are_released_ones_a_file_or_none(weights, answer):
    graph = graph_of(models={"mouse": {"pose_weights": weights}})
    assert graph.weights("mouse", "pose_weights") == answer


@pytest.mark.parametrize(
    ("own", "answer"),
    [
        ({}, "results/models/mouse/member-0"),
        ({"architecture": "hrnet", "initial_weights": "w.pth"}, Original("w.pth", "file:w.pth")),
        ({"pose_weights": "p.pt"}, []),
        ({"architecture": "vit", "detector_backbone": "lcnet_050", "initial_weights": "w.pth"}, []),
        ({"detector_backbone": "lcnet_050"}, []),
        (
            {"detector_backbone": CONFIG["models"]["mouse"]["backbone"]},
            "results/models/mouse/member-0",
        ),
    ],
)
def test_a_detector_starts_from_the_first_member_where_it_can(own, answer):
    assert graph_of(models={"mouse": own}).start_of_detector("mouse") == answer


def test_models_are_chosen_by_what_they_are_given():
    models = TUNED | {"imported": {"pose_weights": "p.pt", "seeds": [0]}}
    graph = graph_of(models=models)
    assert graph.models_whose(pose_weights=False, fine_tune=False) == "mouse"
    assert graph.models_whose(fine_tune=True) == "tuned"
    assert graph.models_whose(pose_weights=True) == "imported"
    assert graph_of().models_whose(pose_weights=True) == "(?!)"  # matches nothing


SESSION = {"session": "s1"}


def test_views_of_a_session_are_smoothed_together():
    rows = [
        video("top", camera="t", camera_file="c.toml", **SESSION),
        video("side", camera="s", camera_file="c.toml", **SESSION),
        video("alone"),
    ]
    graph = graph_of(rows)
    assert graph.other_views("top") == ["results/videos/side/adapted"]
    assert graph.other_views("alone") == []
    assert graph.camera_file("top") == Original("c.toml", "file:c.toml")
    assert graph.camera_file("alone") == []
    settings = RuleSettings(graph)
    assert settings.cameras("side") == ["s", "t"]


def test_without_adaptation_the_first_predictions_are_smoothed():
    rows = [video("a", camera="t", **SESSION), video("b", camera="s", **SESSION)]
    graph = graph_of(rows, adaptation={"enabled": False})
    assert graph.last_predictions("a") == "results/videos/a/predicted"
    assert graph.other_views("a") == ["results/videos/b/predicted"]
    assert graph.adapted("a") == []
    assert graph_of(rows).adapted("a") == graph_of(rows).last_predictions("a")
    assert graph_of(rows).other_views("a") == ["results/videos/b/adapted"]


def test_predictions_that_are_brought_need_no_network_and_are_not_adapted():
    rows = [video("a"), replace(video("b", "theirs"), predictions=("b0.csv", "b1.csv"))]
    theirs = {"predictions": {"format": "eks", "space": MOUSE}, "detector_weights": None}
    graph = graph_of(rows, [dataset("x", "pretrain")], {"mouse": {}, "theirs": theirs})
    assert graph.members("theirs") == graph.detector("theirs") == graph.adapted("b") == []
    assert graph.last_predictions("b") == "results/videos/b/predicted"
    assert graph.evaluated_models == ["mouse"]
    brought = BroughtGraph(graph)
    assert brought.files("b") == [Original(f, f"file:{f}") for f in ("b0.csv", "b1.csv")]
    assert (brought.videos(are_brought=True), brought.videos(are_brought=False)) == ("b", "a")
    assert BroughtGraph(graph_of(rows[:1])).videos(are_brought=True) == "(?!)"


def test_a_calibration_is_there_where_labels_are():
    rows = [video("a"), video("h", "horse")]
    models = {"mouse": {}, "horse": {"space": HORSE}}
    graph = graph_of(rows, [dataset("a", "evaluate")], models)
    assert graph.evaluated_models == ["mouse"]
    students = StudentGraph(graph)
    assert students.calibrations_of_video("a") == ["results/models/mouse/calibration.parquet"]
    assert students.calibrations_of_video("h") == []


def test_everything_known_about_a_video_is_a_file_of_its_own():
    results = graph_of().results_of_video()
    assert {"frames", "boxes", *OF_VIDEO} <= results.keys()
    assert len({*results.values()}) == len(results)
    assert all(path.startswith("results/videos/{video}/") for path in results.values())


def test_the_products_of_a_study_are_few_and_what_was_deleted(tmp_path):
    graph = graph_of([video(f"v{i}") for i in range(50)], report={"labeled_videos": ["v3"]})
    products = graph.final_products()
    assert "results/videos/v3/labeled.mp4" in products
    assert "results/tables/poses.parquet" in products
    assert len(products) < 15
    every = graph_of([video("a"), video("b")], report={"labeled_videos": "all"})
    assert every.labeled_videos() == [f"results/videos/{v}/labeled.mp4" for v in "ab"]
    (tmp_path / "results/videos/v7").mkdir(parents=True)
    (tmp_path / "results/videos/v7/quality.json").touch()
    lost = set(graph.final_products(tmp_path)) - set(products)
    assert lost == {f"results/videos/v7/{name}.parquet" for name in OF_VIDEO}


def test_pictures_are_drawn_of_some_videos_and_a_further_one_changes_one_at_most():
    rows = [video(f"v{i:02}") for i in range(30)]
    few = [set(graph_of(rows[:n], report={"video_pictures": 5}).stills()) for n in range(31)]
    assert [len(some) for some in few] == [min(n, 5) for n in range(31)]
    assert all(len(after - before) <= 1 for before, after in pairwise(few))
    assert "results/videos/v00/stills.parquet" in few[3]
    assert len({*map(frozenset, few[5:])}) > 1  # later rows of the sheet have their turn
    stored = graph_of([video("far", path="s3://bucket/far.mp4"), *rows[:2]]).stills()
    assert stored == [f"results/videos/{name}/stills.parquet" for name in ("v00", "v01")]
    assert graph_of(rows, report={"video_pictures": 0}).stills() == []


def test_the_cells_of_the_transfer_table():
    rows = [dataset("p", "pretrain"), dataset("e", "evaluate"), dataset("h", "evaluate", HORSE)]
    table = {"modes": ["naive", "zero_shot"], "fractions": [0.1, 1.0], "seeds": [0, 1]}
    graph = graph_of(datasets=rows, models=TUNED, transfer=table | {"single_dataset": "p"})
    cells = [path.split("/")[2:] for path in TransferGraph(graph).rows()]
    assert {model for model, *_ in cells} == {"mouse"}  # tuned ones are compared with nothing
    assert {name for _, name, *_ in cells} == {"e"}
    assert len(cells) == (2 + 1 + 2) * 2  # naive, zero-shot once, the single set; two seeds
    assert TransferGraph(graph).parent("mouse", "single_dataset", 1).endswith("single/member-1")
    assert TransferGraph(graph).parent("mouse", "naive", 1) == "results/models/mouse/member-0"


def test_in_a_space_of_ones_own_the_transfer_table_compares_what_can_start_there():
    rows = [dataset("e", "evaluate"), dataset("own", "evaluate", HORSE)]
    modes = ["scratch", "new_head", "naive", "zero_shot"]
    table = {"modes": modes, "fractions": [1.0], "seeds": [0], "single_dataset": None}
    graph = graph_of(datasets=rows, transfer=table | {"spaces": [HORSE]})
    assert modes_of(graph, "e") == set(modes)
    assert modes_of(graph, "own") == {"scratch", "new_head"}
    related = replace(graph, study=replace(graph.study, extended={HORSE: MOUSE}))
    assert modes_of(related, "own") == {"scratch", "new_head", "naive"}
    alone = graph_of(datasets=rows, transfer=table)
    assert modes_of(alone, "own") == set()


def modes_of(graph, name):
    """The starts that the transfer table compares for a data set."""
    cells = [path.split("/")[3:5] for path in TransferGraph(graph).rows()]
    return {cell.rpartition("-")[0] for dataset, cell in cells if dataset == name}


def test_a_video_is_measured_as_its_space_says():
    rows = [video("m"), video("h", "horse")]
    settings = RuleSettings(graph_of(rows, models={"mouse": {}, "horse": {"space": HORSE}}))
    assert settings.gait("m")["limbs"] == []
    assert settings.gait("h")["limbs"] == CONFIG["gait"]["limbs"][HORSE]
    assert settings.gait("h")["cm_per_px"] == 0.05
    assert settings.gait("h")["belt_speed_px_per_s"] == CONFIG["gait"]["belt_speed_px_per_s"]
    on_a_belt = [replace(video("h", "horse"), belt_speed_px_per_s=-120.0)]
    belt = RuleSettings(graph_of(on_a_belt, models={"horse": {"space": HORSE}})).gait("h")
    assert belt["belt_speed_px_per_s"] == -120.0
    assert "draws" not in settings.gait("h")
    assert settings.trajectory_draws("h")["draws"] == CONFIG["gait"]["draws"]
    assert settings.behavior_draws()["draws"] == CONFIG["behavior"]["draws"]
    assert settings.anatomy("m") == CONFIG["features"]["anatomy"][MOUSE]
    shipped = CONFIG["behavior"]["definitions"][MOUSE].keys()
    assert settings.behaviors("m").keys() == {k for k in shipped if not k.startswith("in_")}


def test_only_the_chosen_smoother_counts():
    settings = RuleSettings(graph_of(smoothing={"method": "median"}))
    assert settings.smoother() == {"center": "median", "min_score": 0.1, "window_s": 0.14}


MASK = {"patch_px": 16, "initial": 0.0, "final": 0.5, "begin": 0.13, "end": 1.0}


def test_masks_and_detectors_backbones_that_are_off_are_in_no_params():
    """What the rules were given before either was there: nothing runs again for them."""
    settings = RuleSettings(graph_of())
    later = ("patch_mask", "picture_edge")
    before = {key: value for key, value in CONFIG["augment"].items() if key not in later}
    assert settings.augment() == settings.plain_augment() == before
    model = CONFIG["models"]["mouse"]
    keys = ["backbone", "detector_size_px", "mean", "std"]
    assert list(settings.detector_network("mouse")) == keys
    assert settings.detector_network("mouse")["backbone"] == model["backbone"]
    parameters = ["backbone", "sigma_px", "is_subpixel", "stride_px", "decoder_channels"]
    assert list(settings.network("mouse")["parameters"]) == parameters


def test_masks_are_for_labels_alone():
    settings = RuleSettings(graph_of(augment={"patch_mask": MASK}))
    assert AugmentSettings.of_params(settings.augment()).patch_mask == PatchMaskSettings(**MASK)
    for plain in (settings.plain_augment(), settings.detector_augment()):
        assert AugmentSettings.of_params(plain).patch_mask is None


def test_edges_are_for_poses_alone():
    settings = RuleSettings(graph_of(augment={"picture_edge": 1e-9}))
    for given in (settings.augment(), settings.plain_augment()):
        assert AugmentSettings.of_params(given).picture_edge == 1e-9
    detector = settings.detector_augment()
    assert "picture_edge" not in detector
    assert AugmentSettings.of_params(detector).picture_edge == 0


def test_a_detector_has_the_backbone_that_is_named_for_it():
    models = {"mouse": {"architecture": "vit", "detector_backbone": "lcnet_050"}}
    assert (
        RuleSettings(graph_of(models=models)).detector_network("mouse")["backbone"] == "lcnet_050"
    )


@pytest.mark.parametrize(
    ("architecture", "backbone"),
    [("pyramid", "lcnet_035"), ("hrnet", "hrnet_w18_small"), ("vit", "test_vit")],
)
def test_a_network_is_built_from_its_settings(architecture, backbone):
    own = {"architecture": architecture, "backbone": backbone, "input_size_px": 96}
    network = RuleSettings(graph_of(models={"mouse": own})).network("mouse")
    bundle = new_bundle(
        KeypointSpace("s", ("a",)),
        architecture=network["architecture"],
        parameters=network["parameters"],
        crop=crop_from_mapping(network["crop"]),
        trained_on=(),
    )
    assert bundle.crop.size_px == (96, 96)
    assert bundle.network.stride_px == 4


@pytest.mark.parametrize("own_rate", [None, 7e-5])
def test_every_start_learns_as_in_pretraining_unless_the_rate_of_a_kept_head_is_said(own_rate):
    tuning = CONFIG["fine_tuning"] | {"learning_rate": own_rate, "frozen_batch_norm": True}
    settings = RuleSettings(graph_of(fine_tuning=tuning))
    pretraining = CONFIG["training"]
    for mode in ("new_head", "scratch"):
        assert settings.fine_tuning(mode)["learning_rate"] == pretraining["learning_rate"]
        assert not settings.fine_tuning(mode)["frozen_batch_norm"]
    for mode in ("naive", "memory_replay"):
        rate = settings.fine_tuning(mode)["learning_rate"]
        assert rate == (own_rate or pretraining["learning_rate"])
        assert settings.fine_tuning(mode)["frozen_batch_norm"]
    assert settings.fine_tuning("scratch")["steps"] == tuning["steps"]


def test_the_code_of_an_architecture_counts_where_it_is_known():
    models = TUNED | {"imported": {"pose_weights": "p.pt", "detector_weights": "d.pt"}}
    settings = RuleSettings(graph_of([video("v", "tuned")], [dataset("a", "pretrain")], models))
    alone = {"LESSONS": "labels"}
    own = {"ARCHITECTURES": "pyramid", "DETECTORS": "fcos"} | alone
    assert settings.code_of_model("mouse") == settings.code_of_video("v") == own
    assert settings.code_of_model("imported") == alone
    assert settings.code_of_dataset("a") == {"PARSERS": "coco"}


@pytest.mark.parametrize(
    ("every", "wanted", "answer"),
    [(1, True, False), (2, True, True), (2, False, False), ("auto", True, True)],
)
def test_poses_are_doubted_only_where_frames_were_passed_over(every, wanted, answer):
    graph = graph_of(detector={"every_frames": every, "redetect": wanted})
    assert RuleSettings(graph).redetects() is answer
