"""What the table of adaptations says of a network, against errors that are known by hand."""

from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.adaptation_table import (
    WORSE,
    Sharing,
    _compared,
    read_adaptation_table,
)
from superanimal_core.tables.adapted_files import VERDICT
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import poses_to_table
from superanimal_core.tables.spaces import TAUGHT as TAUGHT_KEY

SPACE = KeypointSpace("s", ("a", "b", "c"))
TRUTH = np.tile([[10.0, 10.0], [30.0, 10.0], [10.0, 30.0]], (6, 1, 1))
TAUGHT = np.ones(3, bool)


def off_by(px: float | Float[ndarray, "keypoint"], score=0.9) -> Poses:
    """Each keypoint so far to the right of its place."""
    xy_px = TRUTH.copy()
    xy_px[..., 0] += px
    seen = np.full((6, 1, 3), score)
    return Poses(SPACE, ("animal0",), np.arange(6) / 30, xy_px[:, None], seen)


def compared(before, after):
    return _compared([before, after], TRUTH, TAUGHT, 0.5)


def test_errors_gain_and_area_are_those_of_before_and_after():
    told = compared(off_by(4.0), off_by(np.array([1.0, 2.0, 3.0])))
    assert (told["error_px_before"], told["error_px_after"]) == pytest.approx((4.0, 2.0))
    assert told["gain_px"] == pytest.approx(2.0)
    assert told["hull_px2_before"] == pytest.approx(200.0)  # half of 20 x 20
    assert told["jitter_px_before"] == told["dropped_keypoints_after"] == 0


@pytest.mark.parametrize(("times", "is_right"), [(WORSE - 0.001, True), (WORSE + 0.001, False)])
def test_a_network_may_be_a_little_worse_and_no_more(times, is_right):
    assert compared(off_by(4.0), off_by(4.0 * times))["is_right"] is is_right


def test_keypoints_that_score_low_are_dropped():
    told = compared(off_by(1.0), off_by(1.0, score=0.49))
    assert (told["dropped_keypoints_before"], told["dropped_keypoints_after"]) == (0, 3)


def write_stage(folder, poses, **record):
    folder.mkdir(parents=True)
    told = {"space": asdict(SPACE), TAUGHT_KEY: list(SPACE.keypoints), **record}
    write_parquet(poses_to_table(poses), folder / "member-0.parquet", told)


def write_truth(path):
    frame, keypoint = np.divmod(np.arange(18), 3)
    columns = {"frame": frame, "keypoint": np.array(SPACE.keypoints)[keypoint]}
    columns |= {"x_px": TRUTH[..., 0].ravel(), "y_px": TRUTH[..., 1].ravel()}
    pq.write_table(pa.table({"visible": [True] * 18, **columns}), path)


def table_of(folder, *videos):
    """Videos as (error before, error after, whose networks, learned from)."""
    sharing, predicted, adapted = [], [], []
    write_truth(folder / "truth.parquet")
    for number, (before, after, shared_by, is_learned_from) in enumerate(videos):
        own = folder / f"videos/v{number}"
        write_stage(own / "predicted", off_by(before))
        verdict = {"is_kept": after != before, "is_tried": True, "reason": "so"}
        write_stage(own / "adapted", off_by(after), **{VERDICT: verdict})
        predicted.append(str(own / "predicted"))
        adapted.append(str(own / "adapted"))
        sharing.append(Sharing(shared_by, is_learned_from))
    truths = [str(folder / "truth.parquet")] * len(videos)
    table = read_adaptation_table(predicted, adapted, truths, sharing, min_score=0.5)
    return {row["video"]: row for row in table.to_pylist()}


def test_the_robustness_gain_is_that_of_videos_that_a_network_did_not_learn_from(tmp_path):
    rows = table_of(
        tmp_path,
        (4.0, 2.0, "mouse/camera-top", True),
        (6.0, 5.0, "mouse/camera-top", False),
        (6.0, 6.0, "mouse/camera-top", False),  # rolled back
        (3.0, 6.0, "mouse/camera-top", False),
        (9.0, 1.0, "mouse/camera-side", True),
        (9.0, 1.0, "", True),
        (9.0, 8.0, "", False),
    )
    assert [rows[f"v{n}"]["gain_px"] for n in range(4)] == pytest.approx([2.0, 1.0, 0.0, -3.0])
    robustness = [row["robustness_gain_px"] for row in rows.values()]
    assert robustness[:4] == pytest.approx([-2 / 3] * 4)
    assert np.isnan(robustness[4:]).all()
    assert [row["shared_by"] for row in rows.values()][3:6] == [
        "mouse/camera-top",
        "mouse/camera-side",
        "",
    ]
    assert [row["is_learned_from"] for row in rows.values()][:2] == [True, False]
