"""The models: their errors on labels that they have not seen, and how their training went."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from superanimal_core.report.cells import ABSENT, Table, number
from superanimal_core.report.figures import LINES, new_figure, put_legend_above, svg
from superanimal_core.report.results import Column, Row, StudyResults

ENSEMBLE = "ensemble"
PLOTTED_DATASETS = 8


def models(results: StudyResults) -> dict[str, object]:
    """The evaluation of every model, errors by keypoint, and training curves."""
    return {
        "evaluation": evaluation_table(results.evaluation),
        "plots": [
            {"model": model, "svg": _keypoint_plot(model, rows, f"keypoints-{i}")}
            for i, (model, rows) in enumerate(results.evaluation.items())
            if rows
        ],
        "curves": [
            {"model": model, "svg": _curve_plot(model, members, f"training-{i}")}
            for i, (model, members) in enumerate(results.histories.items())
            if any(history["step"] for history in members.values())
        ],
    }


def together(rows: Sequence[Row]) -> list[Row]:
    """Rows of the ensemble; of the only member when there is but one."""
    members = {row["member"] for row in rows}
    chosen = ENSEMBLE if ENSEMBLE in members else min(members, default="")
    return [row for row in rows if row["member"] == chosen]


def as_in_videos(rows: Sequence[Row]) -> list[Row]:
    """Rows of animals in the boxes that videos get; in the labels' own where there are no such."""
    chosen = "detector" if any(row["boxes"] == "detector" for row in rows) else "label"
    return [row for row in rows if row["boxes"] == chosen]


def evaluation_table(evaluation: Mapping[str, list[Row]]) -> Table:
    """Errors on held-out labels: a row per model and data set, all keypoints together."""
    found = []
    for model, rows in evaluation.items():
        everything = [row for row in rows if row["keypoint"] == "all"]
        for row in together(as_in_videos(everything)):
            of_set = [r for r in everything if r["dataset"] == row["dataset"]]
            same = [r for r in of_set if r["boxes"] == row["boxes"]]
            own = next(r for r in together(of_set) if r["boxes"] == "label")
            single = [r["mean_error_px"] for r in same if r["member"] != ENSEMBLE]
            found.append(
                (
                    model,
                    row["dataset"],
                    number(row["animals"], 0),
                    number(row["mean_error_px"], 2),
                    interval(row["mean_error_low_px"], row["mean_error_high_px"]),
                    _range(single),
                    number(row["median_error_px"], 2),
                    number(row["root_mean_square_error_px"], 2),
                    number(100 * row["normalized_error"], 1),
                    number(100 * row["pck_10"], 1),
                    number(100 * row["oks_map"], 1),
                    number(100 * row["dlc_map"], 1),
                    number(own["mean_error_px"], 2),
                    number(100 * row["animals"] / own["animals"], 1),
                )
            )
    columns = (
        ("model", ""),
        ("data set", ""),
        ("labels", "held-out keypoints"),
        ("mean error", "px"),
        ("95 % interval", "mean error, px"),
        ("single networks", "mean error, px"),
        ("median error", "px"),
        ("root mean square", "px"),
        ("normalized error", "% of box side"),
        ("PCK", "% within 10 % of box side"),
        ("mAP", "OKS, area of the box, %"),
        ("mAP", "as DeepLabCut's, %"),
        ("mean error", "in the labels' boxes, px"),
        ("found", "% of the labels"),
    )
    return Table(columns, found, words=("model", "data set"))


def interval(low: float, high: float) -> str:
    """Bounds in words; a dash where too few groups were held out to know them."""
    return ABSENT if math.isnan(low) else f"{number(low, 2)} to {number(high, 2)}"


def _range(values: Sequence[float]) -> str:
    if len(values) < 2:
        return number(values[0] if values else None, 2)
    return f"{number(min(values), 2)} to {number(max(values), 2)}"


def _keypoint_plot(model: str, rows: Sequence[Row], name: str) -> Markup:
    errors: dict[str, dict[str, float]] = {}
    for row in together(as_in_videos(rows)):
        if row["keypoint"] != "all":
            found = errors.setdefault(row["dataset"], {})
            found[row["keypoint"]] = 100 * row["normalized_error"]
    described = f"Normalized error of model {model} for each keypoint and data set"
    return svg(lambda: draw_errors_by_dataset(errors), name, described)


def draw_errors_by_dataset(errors: Mapping[str, Mapping[str, float]]) -> Figure:
    """A dot per keypoint and data set, the best keypoints on top."""
    shown = dict(list(errors.items())[:PLOTTED_DATASETS])
    by_keypoint: dict[str, list[float]] = {}
    for found in shown.values():
        for keypoint, value in found.items():
            by_keypoint.setdefault(keypoint, []).append(value)
    names = sorted(by_keypoint, key=lambda k: float(np.mean(by_keypoint[k])))
    figure = new_figure(5.2, 0.55 + 0.165 * len(names))
    axes = figure.add_subplot()
    for (dataset, found), color in zip(shown.items(), LINES, strict=False):
        places = [names.index(keypoint) for keypoint in found]
        axes.scatter(list(found.values()), places, s=17, color=color, label=dataset, lw=0)
    axes.set_yticks(range(len(names)), names, fontsize=7.5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("mean error, % of box side")
    put_legend_above(axes, len(shown))
    return figure


def _curve_plot(model: str, members: Mapping[str, Mapping[str, Column]], name: str) -> Markup:
    described = f"Training loss of the networks of model {model} over the steps, held-out errors"
    return svg(lambda: draw_training(members), name, described)


def draw_training(members: Mapping[str, Mapping[str, Column]]) -> Figure:
    """Training loss over steps, one line per network of the ensemble, on a logarithmic scale.

    Dashed, on the right: the error on held-out animals, where a training holds some out.
    """
    figure = new_figure(5.2, 2.3)
    axes = figure.add_subplot()
    for i, (member, history) in enumerate(members.items()):
        color = LINES[i % len(LINES)]
        axes.plot(history["step"], history["loss"], color=color, label=member)
    if any(history["step"] for history in members.values()):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlim(left=0)
    axes.set_xlabel("step")
    axes.set_ylabel("training loss")
    put_legend_above(axes, min(len(members), 5))
    if any(error is not None for history in members.values() for error in history["held_out_px"]):
        right = axes.twinx()
        for i, history in enumerate(members.values()):
            color = LINES[i % len(LINES)]
            errors = np.array(history["held_out_px"], dtype=float)
            right.plot(history["step"], errors, "--", color=color)
        right.set_ylim(bottom=0)
        right.set_ylabel("held-out error, crop px")
    return figure
