"""Footfalls and strides where the truth is known, by simulation, by hand or by a belt.

    python benchmarks/gait.py [--quick] [--part simulations | intervals | real]

Mice from above and quadrupeds from the side; walk, trot and gallop; 24 to 200 frames per second;
errors that last, 0 to 5 px of 200 px body length; jumps, exchanged limbs and gaps, alone and
together. Poses are smoothed by the settings of config.yaml first. `--quick` is the quadruped at
100 frames per second. Recordings are read from $SUPERANIMAL_SHARED (default ../shared).

One line per figure, the worst and the median of its cases; all go to
benchmarks/results/gait.parquet. `intervals`: how many of the 90 % intervals of strides, and of
medians over limbs and walks, hold what is found on poses without an error (`gait_coverage`), and
why others have none; counts go to benchmarks/results/gait_intervals.parquet.
"""

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import gait_coverage
import gait_real
import pyarrow as pa
import pyarrow.parquet as pq
from gait_measures import measure
from gait_outcomes import WITH_INTERVALS, Outcomes, line_of
from gait_truth import DISTURBANCES, GAITS, Case

RESULTS = Path(__file__).resolve().parent / "results"
SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
RATES = (24.0, 30.0, 60.0, 100.0, 200.0)
NOISES = (0.0, 1.0, 3.0, 5.0)


def main() -> None:
    """Print the figures and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one animal at one frame rate")
    parser.add_argument(
        "--part", choices=["simulations", "intervals", "real"], help="only this one"
    )
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []
    if chosen.part in (None, "simulations"):
        rows += simulations(chosen.quick)
    if chosen.part in (None, "intervals"):
        intervals(chosen.quick)
    if chosen.part in (None, "real") and SHARED.is_dir():
        for name, found in recordings():
            print(f"{name}: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))
            rows += [{"case": name, "figure": key, "value": found[key]} for key in found]
    if rows:
        written(rows, "gait")


def cases(is_quick: bool) -> Iterator[Case]:
    """Undisturbed at every noise; disturbed, singly and together, at 1 and 3 px."""
    all_ways = (*((one,) for one in DISTURBANCES), DISTURBANCES)
    for animal in ("quadruped",) if is_quick else ("quadruped", "mouse"):
        for gait in GAITS[animal]:
            for fps in (100.0,) if is_quick else RATES:
                for seed, noise in enumerate(NOISES):
                    yield Case(animal, gait, fps, noise, (), bool(seed % 2), seed)
                for seed, ways in enumerate(all_ways):
                    for noise in (1.0, 3.0):
                        yield Case(animal, gait, fps, noise, ways, noise > 1, seed)


def simulations(is_quick: bool) -> list[dict[str, object]]:
    """Every figure of every case; printed by animal, rate, noise and disturbance."""
    asked = [*cases(is_quick)]
    with ProcessPoolExecutor(2) as pool:
        found = list(zip(asked, pool.map(measure, asked), strict=True))
    groups: dict[str, dict[str, list[float]]] = {}
    rows: list[dict[str, object]] = []
    for case, figures in found:
        how = "+".join(case.disturbed_by) or "undisturbed"
        group = f"{case.animal} {case.fps:.0f} fps {how} {case.noise_px:.0f} px"
        for figure, value in figures.items():
            rows.append({"case": f"{group} {case.gait}", "figure": figure, "value": value})
            groups.setdefault(group, {}).setdefault(figure, []).append(value)
    for group, figures in groups.items():
        told = (f"{f} {' '.join(f'{v:+.3f}' for v in values)}" for f, values in figures.items())
        print(f"{group} | " + " | ".join(told), flush=True)
    return rows


def intervals(is_quick: bool) -> None:
    """What intervals hold: of strides case by case, of all for all gaits and rates together.

    Without an error they have no width, and only roundings are left to be held.
    """
    err = [case for case in cases(is_quick) if case.noise_px > 0]
    asked = [replace(case, seed=number) for number, case in enumerate(err)]
    rows: list[dict[str, object]] = []
    groups: dict[str, Outcomes] = {}
    with ProcessPoolExecutor(2) as pool:
        for case, found in zip(asked, pool.map(gait_coverage.measure, asked), strict=True):
            how = "+".join(case.disturbed_by) or "undisturbed"
            name = f"{case.animal} {case.gait} {case.fps:.0f} fps {how} {case.noise_px:.0f} px"
            print(f"{name} | {line_of(found, 'strides')}", flush=True)
            group = f"{case.animal}, all gaits and rates, {how} {case.noise_px:.0f} px"
            groups[group] = groups.get(group, Counter()) + found
            for (table, quantity, outcome), count in found.items():
                rows.append(
                    {"case": name, "table": table, "quantity": quantity}
                    | {"outcome": outcome, "count": count}
                )
    for group, found in groups.items():
        for table in WITH_INTERVALS:
            print(f"{group} | {line_of(found, table)}", flush=True)
    written(rows, "gait_intervals")


def written(rows: list[dict[str, object]], name: str) -> None:
    """Write the figures down."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), RESULTS / f"{name}.parquet")


def recordings() -> Iterator[tuple[str, dict[str, float]]]:
    """What a person marked and what a belt says."""
    yield "autogaita", gait_real.on_the_beam(SHARED / "autogaita")
    yield "alma", gait_real.on_the_belt(SHARED / "alma")


if __name__ == "__main__":
    main()
