"""Labels that will give no circles are told before a run, with a setting under which they do."""

import os
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from beginners_study import DATASETS, Spoiled, write_study
from beginners_study import SPACE as SPACE_OF_STUDY

from superanimal_core.commands import held_out_labels
from superanimal_core.commands.check import check_study
from superanimal_core.commands.held_out_labels import (
    beyond_doubts,
    circle_doubts,
    ends_of_videos,
    labels_of_videos,
    videos_with_labels,
    why_no_circles,
)
from superanimal_core.commands.study_folder import read_here
from superanimal_core.datasets.split import split_by_group
from superanimal_core.media import quick_look
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import DatasetSettings
from superanimal_core.study.labeled_predictions import labeled_predictions

SPACE = KeypointSpace("one", ("nose",))


def settings(part=0.2):
    return DatasetSettings(test_fraction=part, split_seed=0, split="group")


def labeled(videos, each=40, positions=None):
    """One animal with one keypoint in each picture; `positions` of all are labeled."""
    group = np.repeat(np.arange(videos), each)
    rows = len(group)
    is_labeled = np.arange(rows) < (rows if positions is None else positions)
    state = np.where(is_labeled, LabelState.VISIBLE, LabelState.NOT_LABELED)[:, None]
    return Labels(
        space=SPACE,
        source=np.full(rows, "lab", dtype=object),
        image=np.array([f"{g}/{i}.png" for i, g in enumerate(group)], dtype=object),
        image_size_px=np.full((rows, 2), 100),
        individual=np.full(rows, "a", dtype=object),
        group=np.array([f"video{g}" for g in group], dtype=object),
        split=np.full(rows, "", dtype=object),
        box_xyxy_px=np.full((rows, 4), np.nan),
        xy_px=np.where(is_labeled, 5.0, np.nan)[:, None, None] * np.ones((1, 1, 2)),
        state=state.astype(int),
        score=np.ones((rows, 1)),
    )


@pytest.mark.parametrize("videos", range(1, 13))
def test_what_is_proposed_holds_out_two_videos(videos):
    labels = labeled(videos)
    told = why_no_circles(labels, settings())
    of = lambda part: split_by_group(labels, part, 0)  # noqa: E731
    held = lambda part: len(set(of(part).group[of(part).split == "test"]))  # noqa: E731
    assert (told == "") == (held(0.2) >= 2) == (videos >= 8)
    proposed = re.search(r"test_fraction: ([0-9.]+)", told)
    assert bool(proposed) == (4 <= videos < 8)
    if proposed:
        assert held(float(proposed[1])) >= 2
        assert why_no_circles(labels, settings(float(proposed[1]))) == ""
    elif told:
        assert "label more, of 8 videos" in told


@pytest.mark.parametrize("part", [0.05, 0.1, 0.2, 0.3, 0.45, 0.5, 0.75, 0.9])
def test_as_many_videos_as_are_told_are_the_fewest_that_are_enough(part):
    told = why_no_circles(labeled(2), settings(part))
    fewest = int(re.search(r"of ([0-9]+) videos", told)[1])
    assert why_no_circles(labeled(fewest), settings(part)) == ""
    assert fewest == 3 or why_no_circles(labeled(fewest - 1), settings(part)) != ""


def test_a_video_without_a_known_label_is_none():
    """Eight videos, two of which are held out: the labels of one of them are taken away."""
    labels = labeled(8)
    assert why_no_circles(labels, settings()) == ""
    split = split_by_group(labels, 0.2, 0)
    held = np.unique(split.group[split.split == "test"])
    assert len(held) == 2
    is_bare = (labels.group == held[0])[:, None]
    state = np.where(is_bare, LabelState.NOT_LABELED, labels.state).astype(int)
    bare = replace(labels, xy_px=np.where(is_bare[..., None], np.nan, labels.xy_px), state=state)
    told = why_no_circles(bare, settings())
    assert "all labels that are held out are of one video" in told


def test_where_none_is_held_out_it_is_told_so():
    labels = labeled(8)
    told = why_no_circles(labels, settings(0.0))
    assert told.startswith("no labels of keypoints are held out: ")
    assert told.endswith("write labels: { test_fraction: 0.2 }")
    assert why_no_circles(labels, settings(0.2)) == ""
    split = np.where(labels.group == "video0", "test", "train").astype(object)
    for own, begins in [(split, "all labels"), (np.full(len(split), "train", object), "no labels")]:
        told = why_no_circles(replace(labels, split=own), settings())
        assert told.startswith(begins)
        assert told.endswith("30 labels of 2 videos or animals must be marked as 'test'")


@pytest.mark.parametrize(("each", "is_told"), [(14, True), (15, False)])
def test_thirty_labels_of_keypoints_are_needed(each, is_told):
    told = why_no_circles(labeled(8, each), settings())
    assert bool(told) is is_told
    assert ("28 labels of keypoints are held out, fewer than 30" in told) is is_told


def test_pictures_without_a_label_do_not_count():
    told = why_no_circles(labeled(8, 15, positions=0), settings())
    assert told.startswith("no labels of keypoints are held out")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("sound") / "study")


@pytest.fixture
def study(sound, tmp_path, monkeypatch):
    """A study of brought predictions of m1 and m2, labels of which no network sees."""
    study = Spoiled(sound, tmp_path / "study")
    monkeypatch.chdir(study.folder)
    study.brought()
    rows = [f"raw/{name}.mp4\ttheirs/{name}_net0.csv" for name in ("m1", "m2")]
    study.videos(*rows, header="path\tpredictions")
    study.write("config/datasets.tsv", DATASETS.replace("pretrain", "evaluate"))
    study.write("project/labeled-data/m2/img000.png", "")
    of_frames(monkeypatch, 15)
    return study


def of_frames(monkeypatch, count):
    """As if all videos had so many frames."""
    look = lambda path: SimpleNamespace(frames=count)  # noqa: E731
    monkeypatch.setattr(held_out_labels, "look_at_video", look)


def of_videos(*names, each=15):
    """Labels of frames of some videos, in a project's folders, all test labels."""
    labels = labeled(len(names), each)
    images = [f"project/labeled-data/{name}/img{i:03}.png" for name in names for i in range(each)]
    split = np.full(len(labels), "test", dtype=object)
    return replace(labels, image=np.array(images, dtype=object), split=split)


def more_sets(study, **roles):
    """Beside `lab`, sets of the same project in other roles."""
    header, row = DATASETS.splitlines()
    folder = f"config/keypoints/{SPACE_OF_STUDY}"
    for name in roles:
        study.write(f"{folder}/{name}.tsv", (study.folder / folder / "lab.tsv").read_text())
    own = [row.replace("lab", n, 1).replace("pretrain", role) for n, role in roles.items()]
    text = "\n".join([header, row.replace("pretrain", "evaluate"), *own, ""])
    study.write("config/datasets.tsv", text)


def ends(labels, dataset="lab"):
    study = read_here()
    return ends_of_videos(study, dataset, labels, videos_with_labels(study))


def circles(labels):
    return circle_doubts(read_here(), "lab", labels, ends(labels))


def told_beyond(labels):
    return beyond_doubts(labels, ends(labels))


@pytest.mark.parametrize(
    ("names", "each", "told"),
    [
        (("m1", "m2"), 15, ""),
        (("m1", "m2"), 14, "28 labels of keypoints are held out, fewer than 30"),
        (("m1", "other"), 15, "all labels that are held out are of one video"),
        (("other", "m1_day2"), 15, "no labels of keypoints are held out"),
    ],
)
def test_of_brought_predictions_only_labels_of_their_videos_count(study, names, each, told):
    said = list(circles(of_videos(*names, each=each)))
    assert len(said) == bool(told)
    others = each * sum(name not in ("m1", "m2") for name in names)
    for doubt in said:
        assert doubt.startswith(told)
        assert "label at least 30 keypoints of 2 or more videos" in doubt
        assert "marked as" not in doubt
        of_others = f"{others} of {2 * each} labeled pictures are no frames of the videos of"
        assert (of_others in doubt) == (others > 0)


@pytest.mark.parametrize(("frames", "beyond"), [(13, 4), (14, 2), (15, 0), (0, 0)])
def test_labels_beyond_the_end_of_their_video_are_told_and_do_not_count(
    study, monkeypatch, frames, beyond
):
    """Of a video whose header does not say how many it has (0), none is known to be beyond."""
    of_frames(monkeypatch, frames)
    labels = of_videos("m1", "m2")
    said = list(told_beyond(labels))
    few = list(circles(labels))
    assert len(said) == len(few) == bool(beyond)
    for told in said:
        assert told.startswith(f"{beyond} labeled pictures beyond the end of a video of 'theirs'")
        assert f"m1/img0{frames}.png is frame {frames} (the first is 0) of 'm1', which" in told
        assert f"which has {frames}; " in told
    for told in few:
        assert told.startswith(f"{30 - beyond} labels of keypoints are held out, fewer than 30")
        assert "are no frames of the videos" not in told


def test_the_frames_of_a_video_are_asked_of_its_header(study, monkeypatch):
    """The two have six; the first beyond is the seventh."""
    monkeypatch.setattr(held_out_labels, "look_at_video", quick_look.look_at_video)
    assert list(told_beyond(of_videos("m1", "m2", each=6))) == []
    (told,) = told_beyond(of_videos("m1", "m2", each=7))
    assert "m1/img006.png is frame 6 (the first is 0) of 'm1', which has 6" in told


@pytest.mark.parametrize(("role", "is_told"), [("evaluate", True), ("pretrain", False)])
def test_labels_that_tell_nothing_of_brought_predictions_are_not_beyond(
    study, monkeypatch, role, is_told
):
    """A training set's videos may be called like those of the study, and longer."""
    more_sets(study, more=role)
    of_frames(monkeypatch, 5)
    labels = of_videos("m1", "m2")
    assert bool(list(beyond_doubts(labels, ends(labels, "more")))) is is_told


def test_a_video_is_opened_once_and_one_without_labels_not_at_all(study, monkeypatch):
    opened = []
    look = lambda path: opened.append(path) or SimpleNamespace(frames=5)  # noqa: E731
    monkeypatch.setattr(held_out_labels, "look_at_video", look)
    labels = of_videos("m1", "other")
    of_m1 = ends(labels)
    assert of_m1 == {"theirs": {"m1": 5}}
    assert len(list(beyond_doubts(labels, of_m1))) == 1
    assert len(list(circle_doubts(read_here(), "lab", labels, of_m1))) == 1
    assert opened == ["raw/m1.mp4"]


def test_the_sets_of_labels_are_walked_once_however_many_they_are(study, monkeypatch):
    more_sets(study, lab2="evaluate", lab3="evaluate")
    walked, walker = [], os.getpid()

    def walk(study, model):
        assert os.getpid() == walker
        walked.append(model)
        return labeled_predictions(study, model)

    monkeypatch.setattr(held_out_labels, "labeled_predictions", walk)
    assert [each for each in check_study(read_here()) if "data set" in each.what] == []
    assert walked == ["theirs"]


def test_a_label_is_beyond_its_own_video_alone(study, monkeypatch):
    """A folder may be called like another video: the nearest one counts, be its end unknown."""
    frames = {"raw/m1.mp4": 0, "raw/m2.mp4": 5}
    look = lambda path: SimpleNamespace(frames=frames[path])  # noqa: E731
    monkeypatch.setattr(held_out_labels, "look_at_video", look)
    labels = of_videos("m1")
    labels = replace(labels, image=np.array([f"m2/{image}" for image in labels.image], object))
    assert list(told_beyond(labels)) == []


def test_labels_that_a_network_may_have_learned_from_say_nothing_of_brought_predictions(study):
    study.datasets("evaluate", "pretrain")
    (doubt,) = circles(of_videos("m1", "m2"))
    assert "give them the role 'evaluate'" in doubt


@pytest.mark.parametrize(("each", "is_told"), [(14, True), (15, False)])
def test_a_student_of_a_model_without_circles_saves_nothing(study, each, is_told):
    study.more("  fast: { student_of: mouse }\n")
    study.videos("raw/m1.mp4\tfast", header="path\tmodel")
    study.datasets("evaluate", "pretrain")
    said = list(circles(of_videos("m1", "m2", each=each)))
    assert len(said) == is_told
    assert all(doubt.endswith("; then the student 'fast' saves nothing") for doubt in said)


def test_frames_of_videos_are_known_by_the_names_of_pictures():
    images = {
        "raw/m1.mp4#frame=12": True,
        "m1/other.mp4#frame=12": False,
        "lab/labeled-data/m1/img012.png": True,
        "lab/m1/left/img012.png": True,
        "lab/labeled-data/m1/nose.png": False,
        "lab/labeled-data/m10/img012.png": False,
    }
    names = np.array(list(images), dtype=object)
    labels = replace(labeled(1, len(images)), image=names)
    found = labels_of_videos(labels, {"m1"}).image
    assert [name in found for name in images] == list(images.values())
