"""Labels that will give no circles are told before a run, with a setting under which they do."""

import re

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
        assert "label more, of 3 videos" in told


@pytest.mark.parametrize(("each", "is_told"), [(14, True), (15, False)])
def test_thirty_labels_of_keypoints_are_needed(each, is_told):
    told = why_no_circles(labeled(8, each), settings())
    assert bool(told) is is_told
    assert ("28 labels of keypoints are held out, fewer than 30" in told) is is_told


def test_pictures_without_a_label_do_not_count():
    assert "0 labels of keypoints" in why_no_circles(labeled(8, 15, positions=0), settings())
