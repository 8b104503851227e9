"""Held-out errors as videos are processed, beside those in the labels' own boxes."""

import numpy as np

from superanimal_core.report.models import as_in_videos, evaluation_table

FIGURES = ("mean_error_low_px", "mean_error_high_px", "median_error_px")
FIGURES += ("root_mean_square_error_px", "normalized_error", "pck_10", "oks_map", "dlc_map")


def row(boxes, error_px, animals, member="ensemble"):
    figures = dict.fromkeys(FIGURES, np.nan)
    named = {"member": member, "dataset": "barn", "split": "test", "keypoint": "all"}
    return figures | named | {"boxes": boxes, "mean_error_px": error_px, "animals": animals}


def cells(table):
    return {
        " ".join(column): cell for column, cell in zip(table.columns, table.rows[0], strict=True)
    }


def test_the_error_in_the_detectors_boxes_comes_first_and_the_labels_own_beside_it():
    rows = [row("label", 2.22, 80), row("detector", 3.17, 76), row("detector", 3.5, 76, "0")]
    rows += [row("label", 2.4, 80, "0"), row("detector", 3.3, 76, "1"), row("label", 2.3, 80, "1")]
    table = evaluation_table({"mouse": rows})
    assert len(table.rows) == 1
    shown = cells(table)
    assert shown["mean error px"] == "3.17"
    assert shown["mean error in the labels' boxes, px"] == "2.22"
    assert shown["single networks mean error, px"] == "3.30 to 3.50"
    assert shown["labels held-out keypoints"] == "76"
    assert shown["found % of the labels"] == "95.0"


def test_where_the_detector_found_nothing_the_labels_own_boxes_stand():
    assert as_in_videos([row("label", 2.0, 4)]) == [row("label", 2.0, 4)]
    shown = cells(evaluation_table({"mouse": [row("label", 2.0, 4)]}))
    assert shown["mean error px"] == shown["mean error in the labels' boxes, px"] == "2.00"
