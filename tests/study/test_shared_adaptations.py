"""Adaptations that videos share: which videos, lists that stand, no circle, what is refused."""

import re
from pathlib import Path

import pytest
from test_graph import CONFIG, MOUSE, graph_of, video

from superanimal_core.study.adaptation_graph import AdaptationGraph
from superanimal_core.study.adaptation_settings import AdaptationRuleSettings
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.study.shared_adaptations import list_of, offered, sharing_mistakes

BROUGHT = {"predictions": {"format": "eks", "space": MOUSE}}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def cage(name, number, camera, model="mouse"):
    return video(name, model, session=f"s{number}", camera=camera)


CAGES = [cage(f"{camera}{n}", n, camera) for n in range(3) for camera in ("top", "side")]


def shared(videos=CAGES, models=None, **adaptation):
    return AdaptationGraph(graph_of(videos, models=models, adaptation=adaptation))


def mistakes_of(videos, models=None, **adaptation):
    study = shared(videos, models, **adaptation).graph.study
    return sharing_mistakes(study.settings, study.videos)


def test_as_shipped_each_video_has_an_adaptation_of_its_own():
    assert CONFIG["adaptation"]["per"] == "video"
    graph = shared()
    assert [graph.networks_of_video(row.video) for row in CAGES] == [[]] * len(CAGES)
    assert graph.sets() == graph.videos_that_share() == "(?!)"


@pytest.mark.parametrize(
    ("per", "names"),
    [
        ("camera", ["camera-top", "camera-side"] * 3),
        ("session", [f"session-s{n}" for n in range(3) for _ in range(2)]),
        ("cohort", ["cohort"] * 6),
    ],
)
def test_videos_of_a_camera_a_session_or_a_cohort_have_the_same_networks(per, names):
    graph = shared(per=per)
    for row, name in zip(CAGES, names, strict=True):
        folder = f"results/models/mouse/adapted/{name}"
        assert graph.networks_of_video(row.video) == [f"{folder}/member-{s}" for s in (0, 3)]
        own = [each.video for each, of in zip(CAGES, names, strict=True) if of == name]
        assert graph.listed("mouse", name) == own
        assert graph.offered("mouse", name) == [f"{folder}/offered/{video}" for video in own]
        assert re.fullmatch(graph.sets(), name)
        assert re.fullmatch(graph.videos_that_share(), row.video)


def test_videos_of_two_models_and_of_brought_predictions_share_nothing():
    rows = [video("a"), video("b", "other"), video("c", "theirs"), video("d")]
    models = {"mouse": {"seeds": [0]}, "other": {"seeds": [1]}, "theirs": BROUGHT}
    graph = shared(rows, models, per="cohort")
    assert graph.listed("mouse", "cohort") == ["a", "d"]
    assert graph.listed("other", "cohort") == ["b"]
    assert graph.networks_of_video("c") == []
    assert shared(rows, models, per="cohort", enabled=False).networks_of_video("a") == []


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        ({"max_videos": 6}, ["top0", "side0", "top1", "side1", "top2", "side2"]),
        ({"max_videos": 5}, ["top0", "side0", "top1", "side1", "top2"]),
        ({"max_videos": 3}, ["top0", "top1", "top2"]),
        ({"max_frames": 2}, ["top0", "side1"]),
    ],
)
def test_at_most_so_many_videos_are_learned_from_evenly_over_the_sheet(limits, names):
    assert shared(per="cohort", **limits).listed("mouse", "cohort") == names


@pytest.mark.parametrize(("videos", "share"), [(1, 10), (2, 5), (3, 3), (6, 1)])
def test_each_video_has_an_equal_share_of_the_frames(videos, share):
    graph = shared(CAGES, per="cohort", max_frames=10, max_videos=videos)
    settings = AdaptationRuleSettings(RuleSettings(graph.graph))
    assert settings.share("mouse", "cohort")["max_frames"] == share
    assert settings.select()["max_frames"] == 10


def test_a_list_stands_when_videos_come_and_go(tmp_path):
    path = Path(list_of("mouse", "cohort"))
    path.parent.mkdir(parents=True)
    path.write_text("side0\ntop0\ngone\nlost\n")
    Path(offered("mouse", "cohort", "gone")).mkdir(parents=True)
    graph = shared(per="cohort", max_videos=1)
    assert graph.listed("mouse", "cohort") == ["side0", "top0", "gone"]
    assert "gone" not in graph.videos_that_share()  # no rule makes what stays as it is
    assert len(graph.networks_of_video("top2")) == 2  # one that is not learned from shares, too
    path.unlink()
    assert graph.listed("mouse", "cohort") == ["top0"]


@pytest.mark.parametrize("moved", [cage("top0", 0, "side"), cage("top0", 0, "top", "other")])
def test_a_video_that_the_sheet_puts_elsewhere_teaches_its_old_set_no_more(moved):
    """A camera that was written wrongly, or another model, whose predictions it has now."""
    path = Path(list_of("mouse", "camera-top"))
    path.parent.mkdir(parents=True)
    path.write_text("top0\ntop1\n")
    Path(offered("mouse", "camera-top", "top0")).mkdir(parents=True)
    models = {"mouse": {"seeds": [0]}, "other": {"seeds": [1]}}
    graph = shared([moved, *CAGES[1:]], models, per="camera")
    assert graph.listed("mouse", "camera-top") == ["top1"]
    assert shared(CAGES[1:], models, per="camera").listed("mouse", "camera-top") == ["top0", "top1"]


def test_nothing_goes_round():
    """What the networks of a set need, followed back, is nobody's last predictions."""
    graph = shared(per="camera")
    made_of = {}
    for row in CAGES:
        predicted, adapted = (f"results/videos/{row.video}/{n}" for n in ("predicted", "adapted"))
        made_of[adapted] = [predicted, *graph.networks_of_video(row.video)]
        made_of[offered("mouse", f"camera-{row.columns['camera']}", row.video)] = [predicted]
        for network in graph.networks_of_video(row.video):
            made_of[network] = graph.offered("mouse", network.split("/")[4])
    pending, before = graph.networks_of_video("top0"), set()
    while pending:
        new = {*made_of.get(pending.pop(), [])} - before
        before |= new
        pending += new
    cameras = {f"top{n}" for n in range(3)}
    assert {p.split("/")[2] for p in before if p.startswith("results/videos")} == cameras
    assert not [path for path in before if path.endswith("adapted")]


@pytest.mark.parametrize(
    ("videos", "per", "said"),
    [
        ([*CAGES, video("loose")], "camera", "config/videos.tsv: 'loose' has no camera, by which"),
        ([video(v) for v in "abcde"], "session", "'a', 'b', 'c' and 2 more have no session"),
        ([video("a", camera="top left")], "camera", "camera 'top left' names a folder"),
        ([video("a", "fast")], "cohort", "the student 'fast'"),
    ],
)
def test_a_video_that_does_not_say_where_it_belongs_is_told_once(videos, per, said):
    models = {"mouse": {"seeds": [0]}, "fast": {"seeds": [0], "student_of": "mouse"}}
    (told,) = mistakes_of(videos, models, per=per)
    assert said in told
    assert not mistakes_of(videos, models, per="video")
    assert not mistakes_of(videos, models, per=per, enabled=False)


def test_what_is_told_is_enough():
    assert [mistakes_of(CAGES, per=per) for per in ("camera", "session", "cohort")] == [[]] * 3
    brought = {"mouse": BROUGHT}
    assert not mistakes_of([video("a")], brought, per="camera")
