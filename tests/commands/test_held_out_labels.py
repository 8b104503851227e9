"""Labels that will give no circles are told before a run, with a setting under which they do."""

import re
from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.commands.held_out_labels import why_no_circles
from superanimal_core.datasets.split import split_by_group
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import DatasetSettings

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
