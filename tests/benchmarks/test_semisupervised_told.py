"""What semisupervised.py prints: means over parts, by seed, differences seed by seed."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
from semisupervised_told import told


def row(line, part, seed, error_px):
    return {
        "line": line,
        "labels": 75,
        "part": part,
        "seed": seed,
        "px": error_px,
        "view": float("nan"),
    }


def test_parts_are_averaged_before_seeds_are_compared():
    rows = [row("alone", 0, 0, 1.0), row("alone", 1, 0, 3.0), row("alone", 0, 1, 4.0)]
    rows += [row("alone", 1, 1, 4.0), row("all", 0, 0, 1.0), row("all", 1, 0, 1.0)]
    rows += [
        row("all", 0, 1, 6.0),
        row("all", 1, 1, 6.0),
        row("EKS", 0, 0, 2.0),
        row("EKS", 1, 0, 4.0),
    ]
    assert [*told(rows, ("px", "view"))] == [
        "75 labels, alone: px 3.00 [2.00, 4.00] (+0 [+0, +0] %)",
        # 1 beside 2, 6 beside 4: seed by seed, though the means are 3.5 and 3
        "75 labels, all: px 3.50 [1.00, 6.00] (+0 [-50, +50] %)",
        "75 labels, EKS: px 3.00 (+0 %)",  # of all seeds together: beside their mean
    ]
