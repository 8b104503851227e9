"""The transfer table: error against the number of labels, and what was forgotten."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from superanimal_core.report.cells import Table, number
from superanimal_core.report.figures import LINES, new_figure, put_legend_above, svg
from superanimal_core.report.results import Row
from superanimal_core.tables.atomic import replacing

NAMES = {
    "scratch": "initial weights",
    "new_head": "pretrained, new head",
    "single_dataset": "one data set, naive",
    "naive": "naive",
    "memory_replay": "memory replay",
    "zero_shot": "zero-shot",
}
QUANTITIES = {
    "normalized_error": "error on the new data set, % of box side",
    "pretraining_normalized_error": "error on pretraining sets, %",
}


def transfer_section(rows: Sequence[Row]) -> dict[str, Any]:
    """A table, and a figure for each model and data set."""
    pairs = list(dict.fromkeys((row["model"], row["dataset"]) for row in rows))
    return {
        "table": transfer_table(rows),
        "plots": [
            {"model": model, "dataset": dataset, "svg": _plot(rows, model, dataset, i)}
            for i, (model, dataset) in enumerate(pairs)
        ],
    }


def write_transfer_plots(rows: Sequence[Row], folder: str | Path) -> None:
    """One SVG per model and data set; the folder appears complete or not at all."""
    with replacing(folder) as temporary:
        temporary.mkdir()
        for plot in transfer_section(rows)["plots"]:
            name = f"{plot['model']}-{plot['dataset']}.svg"
            (temporary / name).write_text(plot["svg"], encoding="utf-8")


def transfer_table(rows: Sequence[Row]) -> Table:
    """Means over the seeds: a row per model, data set, mode and fraction of the labels."""
    cells: dict[tuple[str, str, str, float], list[Row]] = {}
    for row in rows:
        key = (row["model"], row["dataset"], row["mode"], row["fraction"])
        cells.setdefault(key, []).append(row)
    order = list(NAMES)
    found = [
        (
            model,
            dataset,
            NAMES[mode],
            number(_mean(same, "labeled_animals"), 0),
            number(_mean(same, "mean_error_px"), 2),
            _range(same, "mean_error_px"),
            number(100 * _mean(same, "normalized_error"), 1),
            number(100 * _mean(same, "oks_map"), 1),
            number(100 * _mean(same, "pretraining_normalized_error"), 1),
            number(_mean(same, "pretraining_dropped_keypoints"), 1),
        )
        for (model, dataset, mode, _), same in sorted(
            cells.items(), key=lambda cell: (*cell[0][:2], cell[0][3], order.index(cell[0][2]))
        )
    ]
    columns = (
        ("model", ""),
        ("data set", ""),
        ("start", ""),
        ("labels", "animals"),
        ("mean error", "px"),
        ("seeds", "mean error, px"),
        ("normalized error", "% of box side"),
        ("mAP", "OKS, %"),
        ("pretraining sets", "error, % of box side"),
        ("dropped", "keypoints per animal"),
    )
    return Table(columns, found, words=("model", "data set", "start"))


def draw_transfer(rows: Sequence[Row]) -> Figure:
    """Errors on new labels and on the pretraining sets over the number of labels, log axes.

    Lines join the means over the seeds, which are dots; zero-shot, which needs no label, is a line.
    In a space that shares no keypoint with the pretraining sets there is no error on those.
    """
    figure = new_figure(7.2, 2.9)
    shown = [mode for mode in NAMES if any(row["mode"] == mode for row in rows)]
    drawn = [name for name in QUANTITIES if any(_is_on_log_axis(row[name]) for row in rows)]
    panels = figure.subplots(1, max(len(drawn), 1), squeeze=False)[0]
    for axes, quantity in zip(panels, drawn, strict=False):
        for mode, color in zip(shown, LINES, strict=False):
            own = [row for row in rows if row["mode"] == mode]
            if mode == "zero_shot":
                level = 100 * _mean(own, quantity)
                axes.axhline(level, color=color, ls="--", label=NAMES[mode])
                continue
            labels = np.array([row["labeled_animals"] for row in own])
            values = 100 * np.array([row[quantity] for row in own])
            axes.scatter(labels, values, s=9, color=color, lw=0)
            counts = np.unique(labels)
            means = [values[labels == count].mean() for count in counts]
            axes.plot(counts, means, color=color, label=NAMES[mode])
        _use_logarithms(axes, sorted({row["labeled_animals"] for row in rows} - {0}))
        axes.set_xlabel("labeled animals")
        axes.set_ylabel(QUANTITIES[quantity])
    put_legend_above(panels[-1], 3)
    return figure


def _is_on_log_axis(value: object) -> bool:
    return isinstance(value, float) and bool(np.isfinite(value)) and value > 0


def _use_logarithms(axes: Axes, counts: Sequence[int]) -> None:
    """Log axes with plain numbers: the counts themselves, and 1, 2, 5, 10, … upwards."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(counts, map(str, counts))
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())


def _plot(rows: Sequence[Row], model: str, dataset: str, place: int) -> Markup:
    own = [row for row in rows if (row["model"], row["dataset"]) == (model, dataset)]
    described = f"Errors of model {model} on {dataset} over the number of labels, by kind of start"
    return svg(lambda: draw_transfer(own), f"transfer-{place}", described)


def _mean(rows: Sequence[Row], name: str) -> float:
    return float(np.mean([row[name] for row in rows]))


def _range(rows: Sequence[Row], name: str) -> str:
    values = [row[name] for row in rows]
    return f"{number(min(values), 2)} to {number(max(values), 2)}"
