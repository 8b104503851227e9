"""Whether what is promised is held: circles, intervals and flags, where the truth is known.

    python benchmarks/trust.py [--quick] [--part simulations | labs | real]

`simulations`: walking and resting stick animals, seen by ensembles whose errors last, are shared in
part and have heavy tails; calibrated on other animals of the same law. An interval of a stride or a
bout is asked about what the same detection finds on poses without an error. Then animals that no
network sees for some frames.

`labs`: synthetic laboratories with cameras, coats and lights of their own. A network learns all of
them but one, is calibrated on their held-out pictures (as they are, and disturbed), and is asked
about the one that nobody labeled.

`real`: a network of all those laboratories is asked about a real open field, which it cannot know:
its circles may fail, but not in silence. Not with --quick, unless it is asked for.

One line per figure, with the range that is aimed at; rows go to benchmarks/results/trust.parquet.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import trust_gaps
import trust_labs
import trust_simulations
from trust_counts import flags, rank_correlation, reliability

RESULTS = Path(__file__).resolve().parent / "results"
HELD = (0.85, 0.95)
OFF = 0.05  # of a probability: as for circles


class Figure(NamedTuple):
    """What was measured, and the range that is aimed at."""

    name: str
    value: float
    least: float
    most: float


def main() -> None:
    """Print the figures and write them down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer animals, laws and steps")
    parser.add_argument("--part", choices=["simulations", "labs", "real"], help="only this one")
    chosen = parser.parse_args()
    parts = {"simulations": simulations, "labs": labs, "real": real}
    wanted = [chosen.part] if chosen.part else [*parts][: 2 if chosen.quick else 3]
    figures = [figure for name in wanted for figure in parts[name](chosen.quick)]
    RESULTS.mkdir(parents=True, exist_ok=True)
    rows = [figure._asdict() for figure in figures]
    pq.write_table(pa.Table.from_pylist(rows), RESULTS / "trust.parquet")


def simulations(is_quick: bool) -> Iterator[Figure]:
    """Coverage of circles and intervals, per law, number of members and frame rate."""
    laws = trust_simulations.QUICK if is_quick else tuple(trust_simulations.LAWS)
    members, rates = (
        ((2, 5), (30.0, 100.0)) if is_quick else ((2, 3, 4, 5), (30.0, 60.0, 100.0, 200.0))
    )
    yield from gaps(is_quick)
    asked = [(law, count, fps) for law in laws for count in members for fps in rates]
    asked += trust_simulations.HARD if is_quick else ()
    animals = 8 if is_quick else 24
    with ProcessPoolExecutor(2) as pool:
        for case, held in zip(
            asked, pool.map(trust_simulations.measure, asked, [animals] * len(asked)), strict=True
        ):
            name = f"{case[0]}, {case[1]} members, {case[2]:.0f} fps"
            for what, value in held.items():
                yield told(Figure(f"{name}: {what}", value, *aim_of(what)))


def gaps(is_quick: bool) -> Iterator[Figure]:
    """Coverage of the circles around positions that nobody saw, per motion and length."""
    members, rates = (5,) if is_quick else (2, 5), (30.0, 60.0, 100.0, 200.0)
    asked = [
        (motion, count, fps, frames)
        for motion in trust_gaps.MOTIONS
        for count in members
        for fps in (rates[::3] if is_quick else rates)
        for frames in trust_gaps.FRAMES
        if frames / fps < trust_gaps.MAX_GAP_S
    ]
    with ProcessPoolExecutor(2) as pool:
        animals = [4 if is_quick else 12] * len(asked)
        for case, held in zip(asked, pool.map(trust_gaps.measure, asked, animals), strict=True):
            motion, count, fps, frames = case
            name = f"{motion}, {count} members, {fps:.0f} fps: gaps of {frames} frames"
            yield told(Figure(name, held, *HELD))


def aim_of(what: str) -> tuple[float, float]:
    """Times of bouts are whole frames: an interval of one frame holds them always or never."""
    if what.endswith("unknown"):
        return 0.0, 0.1
    if what.endswith("said more than happened"):
        return -OFF, OFF
    return (HELD[0], 1.0) if what == "bout times" else HELD


def labs(is_quick: bool) -> Iterator[Figure]:
    """Coverage of the laboratory that was left out, whether it is flagged, and rank correlation."""
    names, steps = labs_and_steps(is_quick)
    with ProcessPoolExecutor(2) as pool:
        found = [*pool.map(trust_labs.leave_out, names, [names] * len(names), [steps] * len(names))]
    for lab in found:
        yield told(Figure(f"{lab.name} left out: within 90 %", lab.whole.held, *HELD))
        yield told(
            Figure(f"{lab.name} left out: extrapolated pictures", lab.whole.extrapolated, 0.0, 1.0)
        )
    is_kept = [HELD[0] <= lab.whole.held <= HELD[1] for lab in found]
    yield told(Figure("laboratories whose circles hold", sum(is_kept) / len(found), 5 / 6, 1.0))
    above = sum(lab.whole.held > HELD[1] for lab in found)
    yield told(Figure("... the others whose circles are too wide", above, 0, len(found)))
    of_labs = flags([lab.whole for lab in found])
    videos = [video for lab in found for video in lab.videos]
    for what, count in (("laboratories", of_labs), ("videos of them", flags(videos))):
        silent = count.failing - count.failing_flagged
        yield told(Figure(f"{what} that hold less and are not flagged", silent, 0, 0))
        false = count.holding_flagged / max(count.holding, 1)
        yield told(Figure(f"... flagged though they hold, of {count.holding}", false, 0.0, 0.1))
    correlation = rank_correlation(videos)
    name = f"strangeness against error, rank correlation of {len(videos)} videos"
    yield told(Figure(name, correlation, 0.6, 1))
    mixed = trust_labs.rank_correlation(found)
    yield told(Figure("... for each network, familiar videos among them: mean", mixed, 0.6, 1))
    said, near = (np.concatenate([getattr(lab, a) for lab in found]) for a in ("said", "is_near"))
    for step in reliability(said, near):
        name = f"there and near, said {step.said:.2f} of {step.count} keypoints: happened"
        yield told(Figure(name, step.happened, step.said - OFF, step.said + OFF))


def real(is_quick: bool) -> Iterator[Figure]:
    """Coverage of real labels by a network of drawn mice, and how much is told to be unknown."""
    if not trust_labs.SHARED.is_dir():
        print(f"{trust_labs.SHARED}: no such recordings; SUPERANIMAL_SHARED names their folder")
        return
    names, steps = labs_and_steps(is_quick)
    found = trust_labs.real_open_field(names, steps)
    yield told(Figure("real open field, drawn mice learned: within 90 %", found.held, 0.0, 1.0))
    least = trust_labs.FLAGGED
    yield told(Figure("... extrapolated pictures (flagged)", found.extrapolated, least, 1.0))


def labs_and_steps(is_quick: bool) -> tuple[list[str], int]:
    """Names of the laboratories, and for how long a network learns them."""
    return list(trust_labs.LABS)[: 6 if is_quick else None], 500 if is_quick else 1500


def told(figure: Figure) -> Figure:
    """The figure, after it was printed."""
    is_met = figure.least <= figure.value <= figure.most
    aim = f"aim {figure.least:g} to {figure.most:g}"
    print(f"{figure.name:62s} {figure.value:6.3f}  {aim}{'' if is_met else '  MISSED'}", flush=True)
    return figure


if __name__ == "__main__":
    main()
