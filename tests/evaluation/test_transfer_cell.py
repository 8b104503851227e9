from types import SimpleNamespace

import numpy as np
import pytest

from superanimal_core.evaluation.transfer_cell import Seen, transfer_row
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels

EVERY = np.ones(2, bool)  # keypoint was taught
WHICH = SimpleNamespace(model="m", dataset="new", mode="naive", fraction="0.1", seed="2")


def test_a_row_tells_errors_on_the_new_set_and_what_is_lost_on_the_others():
    n = 6
    xy = np.random.default_rng(0).uniform(0, 50, (n, 2, 2))
    labels = Labels(
        space=KeypointSpace("s", ("a", "b")),
        source=np.array(["new", "new", "new", "old", "old", "older"]),
        image=np.arange(n).astype(str),
        image_size_px=np.full((n, 2), 100),
        individual=np.full(n, "animal0"),
        group=np.arange(n).astype(str),
        split=np.full(n, "test"),
        box_xyxy_px=np.tile([0.0, 0.0, 50.0, 40.0], (n, 1)),
        xy_px=xy,
        state=np.full((n, 2), 3),
        score=np.ones((n, 2)),
    )
    predicted, score = xy + np.array([3.0, 4.0]), np.ones((n, 2))
    predicted[3:] = xy[3:] + np.array([0.0, 10.0])
    score[3] = 0.1
    row = transfer_row(*seen_of(predicted, score, labels), EVERY, 4, 0.5, WHICH)
    assert {name: str(getattr(row, name)[0]) for name in vars(WHICH)} == vars(WHICH)
    assert row.mean_error_px[0] == pytest.approx(5)
    assert row.normalized_error[0] == pytest.approx(0.1)
    assert row.pretraining_normalized_error[0] == pytest.approx(0.2)
    assert row.pretraining_dropped_keypoints[0] == pytest.approx(2 / 3)
    predicted[3:, 1], score[3:, 1] = np.nan, 0.0  # forgotten, or never known to its parent
    for taught, dropped in ((EVERY, 1 + 1 / 3), (np.array([True, False]), 1 / 3)):
        row = transfer_row(*seen_of(predicted, score, labels), taught, 4, 0.5, WHICH)
        assert row.pretraining_normalized_error[0] == pytest.approx(0.2)
        assert row.pretraining_dropped_keypoints[0] == pytest.approx(dropped)
    own, _ = seen_of(predicted, score, labels)
    none = Seen(predicted[:0], score[:0], labels.select(np.zeros(n, bool)))
    row = transfer_row(own, none, EVERY, 4, 0.5, WHICH)
    assert np.isnan(row.pretraining_normalized_error[0])


def seen_of(xy_px, score, labels):
    """What was seen of the new set, and of the others."""
    is_new = labels.source == "new"
    rows = (is_new, ~is_new)
    return [Seen(xy_px[chosen], score[chosen], labels.select(chosen)) for chosen in rows]
