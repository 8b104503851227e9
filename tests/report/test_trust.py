"""What the page says of its own trust: counted by hand, and silent about nothing."""

import numpy as np
import pytest

from superanimal_core.report.extrapolated import extrapolated, video_table
from superanimal_core.report.reliability import draw_reliability
from superanimal_core.report.trust import basis_sentence, trust
from superanimal_core.smoothing.calibration import LEVELS
from superanimal_core.smoothing.calibration_check import CalibrationCheck

COUNTS = {"labels": 812, "images": 60, "animals": 67, "groups": 16, "data sets": 3}


def check(by_dataset=None, by_keypoint=None, of_datasets=None):
    """Circles of groups left out hold 2 % less than they promise, those of data sets 10 %."""
    return CalibrationCheck(
        np.maximum(LEVELS - 0.02, 0),
        np.maximum(LEVELS - 0.1, 0) if of_datasets is None else of_datasets,
        by_dataset or {"barn": 0.80, "field": 0.80},
        by_keypoint or {"nose": 0.9},
    )


def test_the_basis_of_the_circles_is_counted_in_words():
    said = basis_sentence("mouse", (check(), COUNTS))
    assert said == (
        "The circles of the model mouse rest on 812 labels of 67 labeled animals in 16 groups "
        "(videos or animals) from 3 data sets."
    )


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"groups": 9}, "widened"),
        ({"data sets": 1}, "another laboratory"),
        ({"animals": 19}, "no frame is marked as extrapolated"),
    ],
)
def test_what_a_narrow_basis_cannot_tell_is_said(counts, words):
    assert words in basis_sentence("mouse", (check(), COUNTS | counts))
    edge = {name: count + 1 for name, count in counts.items()}
    assert words not in basis_sentence("mouse", (check(), COUNTS | edge))


def test_a_model_without_circles_says_why():
    found = trust({"mouse": None})
    assert "fewer than 30 labels" in found["models"][0]
    assert "one video or animal" in found["models"][0]
    assert not found["promises"].rows
    assert not found["keypoints"].rows
    assert not found["keypoint_counts"]


def test_every_data_set_left_out_has_its_row_and_its_verdict():
    parts = {"a": 0.844, "b": 0.85, "c": 0.95, "d": 0.96, "e": float("nan")}
    rows = trust({"mouse": (check(parts), COUNTS)})["promises"].rows
    small, known = "too small: hold less than promised", "as promised"
    assert rows == [
        ("mouse", "some videos or animals", "48", "88", known),
        ("mouse", "each data set in turn", "40", "80", small),
        ("mouse", "data set a", "–", "84", small),
        ("mouse", "data set b", "–", "85", known),
        ("mouse", "data set c", "–", "95", known),
        ("mouse", "data set d", "–", "96", "larger than needed"),
        ("mouse", "data set e", "–", "–", "not known"),
    ]


def test_the_only_data_set_is_not_known_instead_of_kept():
    unknown = np.full(len(LEVELS), np.nan)
    found = trust({"m": (check({"barn": np.nan}, of_datasets=unknown), COUNTS)})
    assert [row[1:] for row in found["promises"].rows[1:]] == [
        ("data set barn", "–", "–", "not known")
    ]


def test_the_worst_keypoints_are_named_and_all_that_are_too_small_counted():
    parts = dict(zip("abcdefgh", (0.9, 0.5, 0.84, 0.99, 0.7, 0.6, 0.8, np.nan), strict=True))
    found = trust({"mouse": (check(by_keypoint=parts), COUNTS)})
    assert [row[1:3] for row in found["keypoints"].rows] == [
        ("b", "50"),
        ("f", "60"),
        ("e", "70"),
        ("g", "80"),
        ("c", "84"),
    ]
    assert found["keypoint_counts"] == ["mouse: 5 of 7 keypoints below 85 %."]


def test_the_diagram_has_groups_as_a_line_and_data_sets_as_a_dashed_one():
    (axes,) = draw_reliability({"mouse": check()}, {}).axes
    _, groups, datasets = axes.lines
    np.testing.assert_allclose(groups.get_xdata() - groups.get_ydata(), 2, atol=1.01)
    assert not groups.is_dashed()
    assert datasets.is_dashed()
    assert datasets.get_ydata()[-1] == pytest.approx(89)
    assert datasets.get_color() == groups.get_color()


def video(name, fraction, empty=0, error_px=2.0, status="ok"):
    figures = {"extrapolated_fraction": fraction, "frames_without_animal": empty}
    return {"video": name, "status": status, "median_expected_error_px": error_px} | figures


def test_the_strangest_video_comes_first_and_an_unknown_one_is_not_called_familiar():
    videos = [
        video("usual", 0.05),
        video("old", 0.0, error_px=float("nan")),
        video("partly", 0.06, empty=3),
        video("new", 0.9),
        video("torn", None, None, None, "failed"),
    ]
    found = extrapolated(videos)
    assert found["table"].rows == [
        ("new", "90.0", "0", "2.0", "unlike anything labeled"),
        ("partly", "6.0", "3", "2.0", "partly unlike what was labeled"),
        ("usual", "5.0", "0", "2.0", "familiar"),
        ("old", "–", "0", "–", "not known"),
    ]
    assert found["sentence"] == (
        "Familiar: 1 of 3 videos (at most 5 % of the frames extrapolated; 1 % is usual). "
        "Not known: 1, not calibrated, from too few labels, or without an animal. "
        "1 video has frames without an animal."
    )


def test_of_many_videos_only_the_strange_ones_have_a_row():
    usual = [video(f"v{i}", 0.01) for i in range(100)]
    assert not video_table(usual).rows
    strange = [video(f"s{i}", 0.2 + i / 100) for i in range(25)]
    table = video_table(usual + strange)
    assert [row[0] for row in table.rows] == [f"s{i}" for i in range(24, 4, -1)]
    assert table.left_out == 5


def test_a_quality_table_from_before_these_figures_says_that_they_are_not_known():
    old = {"video": "old", "status": "ok", "median_expected_error_px": 2.0}
    (row,) = video_table([old]).rows
    assert row == ("old", "–", "–", "2.0", "not known")
