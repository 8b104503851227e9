import numpy as np
import pytest

from superanimal_core.evaluation.transfer_cell import transfer_row
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels

EVERY = np.ones(2, bool)  # keypoint was taught
WHICH = {"model": "m", "dataset": "new", "mode": "naive", "fraction": 0.1, "seed": 2}


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
    row = transfer_row(predicted, score, labels, EVERY, 4, 0.5, **WHICH)
    assert {name: getattr(row, name)[0] for name in WHICH} == WHICH
    assert row.mean_error_px[0] == pytest.approx(5)
    assert row.normalized_error[0] == pytest.approx(0.1)
    assert row.pretraining_normalized_error[0] == pytest.approx(0.2)
    assert row.pretraining_dropped_keypoints[0] == pytest.approx(2 / 3)
    predicted[3:, 1], score[3:, 1] = np.nan, 0.0  # forgotten, or never known to its parent
    for taught, dropped in ((EVERY, 1 + 1 / 3), (np.array([True, False]), 1 / 3)):
        row = transfer_row(predicted, score, labels, taught, 4, 0.5, **WHICH)
        assert row.pretraining_normalized_error[0] == pytest.approx(0.2)
        assert row.pretraining_dropped_keypoints[0] == pytest.approx(dropped)
    own = labels.select(labels.source == "new")
    row = transfer_row(predicted[:3], score[:3], own, EVERY, 4, 0.5, **WHICH)
    assert np.isnan(row.pretraining_normalized_error[0])
