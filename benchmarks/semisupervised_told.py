"""What semisupervised.py prints of its rows: means over parts, by seed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Row = Mapping[str, Any]


def tell(rows: Sequence[Row], figures: Sequence[str]) -> None:
    """Print a line for each number of labels and set of losses."""
    for line in told(rows, figures):
        print(line, flush=True)


def told(rows: Sequence[Row], figures: Sequence[str]) -> Iterator[str]:
    """Means of the seeds with their range, and the difference to the first line of as many labels.

    The figure of a seed is the mean over its parts. Differences are taken seed by seed, in percent
    of the first line's, whose mean is taken where a line has other seeds, as an ensemble has.
    """
    first: dict[Any, dict[Any, np.ndarray]] = {}
    for name, labels in dict.fromkeys((row["line"], row["labels"]) for row in rows):
        own = by_seed(
            [row for row in rows if (row["line"], row["labels"]) == (name, labels)], figures
        )
        alone = first.setdefault(labels, own)
        mean_alone = np.mean([*alone.values()], axis=0)
        values = np.stack([*own.values()])
        is_paired = own.keys() == alone.keys()
        beside = np.stack([alone[seed] if is_paired else mean_alone for seed in own])
        gains = 100.0 * (values / beside - 1.0)
        cells = [
            f"{figure} {_range(values[:, i], '.2f')} ({_range(gains[:, i], '+.0f')} %)"
            for i, figure in enumerate(figures)
            if np.isfinite(values[:, i]).all()
        ]
        yield f"{labels} labels, {name}: {', '.join(cells)}"


def by_seed(rows: Sequence[Row], figures: Sequence[str]) -> dict[Any, np.ndarray]:
    """The mean over parts of each figure, by seed."""
    return {
        seed: np.mean(
            [[row[name] for name in figures] for row in rows if row["seed"] == seed],
            axis=0,
            dtype=float,
        )
        for seed in dict.fromkeys(row["seed"] for row in rows)
    }


def _range(values: np.ndarray, form: str) -> str:
    """A mean, and the lowest and highest where there are several."""
    mean = format(values.mean(), form)
    if len(values) == 1:
        return mean
    return f"{mean} [{format(values.min(), form)}, {format(values.max(), form)}]"
