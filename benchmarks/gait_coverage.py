"""How much of the gait on noise-free poses the 90 % intervals of simulated animals hold.

Ensembles see the animals of `gait_truth`: most of an error is shared by the members, most of it
lasts, and jumps, exchanges and gaps are all members' alike. Labels of other animals of all gaits,
seen as badly, calibrate them, and intervals are made as by `measure_gait`. An interval is asked
about what the same detection finds on the poses without an error and without a disturbance.
"""

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
from gait_measures import SMOOTHING, settings_of
from gait_outcomes import WITH_INTERVALS, Outcomes, pairs_of_limbs, pairs_of_walks, told_of
from gait_truth import BODY, GAITS, LIMBS, Case, error_of, simulate
from trust_counts import pairs_of_strides
from trust_simulations import errors_of_labels

from superanimal_core.behavior import gait_intervals, walk_intervals
from superanimal_core.behavior.gait import measure_strides
from superanimal_core.behavior.gait_summary import summarize_gait
from superanimal_core.behavior.tracks import unsmoothed
from superanimal_core.behavior.walk_table import summarize_walks
from superanimal_core.pose.expected_error import ExpectedError
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.behavior import StrideSettings
from superanimal_core.settings.smoothing import DrawSettings
from superanimal_core.smoothing.baselines import SMOOTHERS
from superanimal_core.smoothing.calibration import Calibration, fit_calibration, predict_error
from superanimal_core.smoothing.sampling import sample_poses

MEMBERS, SHARED_PART = 3, 0.75  # of the variance of an error
LABELED_FPS, LABELED_EVERY, FIRST_LABELED = 30.0, 15, 10_000  # frames; the first's seed
VIDEOS = 3  # of a case, two walks each
DRAWS = 20  # few promise no less (`gait_intervals.ends`), and 50 take two and a half times as long


def measure(case: Case, videos: int = VIDEOS) -> Outcomes:
    """Outcomes of all intervals of some videos of one case; cases need seeds of their own."""
    calibration = calibrated(case.animal, case.noise_px, case.disturbed_by)
    settings = settings_of(LIMBS, BODY[case.animal], is_from_above=case.animal == "mouse")
    found: Outcomes = Counter()
    for number in range(videos):
        turned, seed = case.faces_left ^ bool(number % 2), case.seed * videos + number
        truth, members = seen_by_members(replace(case, seed=seed, faces_left=turned))
        smoothed = SMOOTHERS["eks"](members, SMOOTHING)
        expected = predict_error(calibration, smoothed)
        found += outcomes(truth, smoothed, expected, settings, DRAWS)
    return found


@cache
def calibrated(animal: str, noise_px: float, disturbed_by: tuple[str, ...]) -> Calibration | None:
    """What labels of two other animals of each gait say about such an ensemble."""
    cases = [
        Case(animal, gait, LABELED_FPS, noise_px, disturbed_by, left, FIRST_LABELED + number)
        for number, (gait, left) in enumerate(product(GAITS[animal], (False, True)))
    ]
    made = [seen_by_members(case) for case in cases]
    return fit_calibration(errors_of_labels(made, LABELED_EVERY))


def seen_by_members(case: Case) -> tuple[Poses, list[Poses]]:
    """True poses, and what the members of an ensemble say, each of whom errs by `noise_px`."""
    seen = simulate(replace(case, noise_px=case.noise_px * np.sqrt(SHARED_PART)))
    rng = np.random.default_rng([case.seed, 22])
    own_px = case.noise_px * np.sqrt(1 - SHARED_PART)
    shape = seen.poses.xy_px.shape
    return seen.truth, [
        replace(
            seen.poses,
            xy_px=seen.poses.xy_px + own_px * error_of(rng, seen.truth.time_s, shape),
        )
        for _ in range(MEMBERS)
    ]


def outcomes(
    truth: Poses,
    smoothed: SmoothedPoses,
    expected: ExpectedError,
    settings: StrideSettings,
    draws: int,
) -> Outcomes:
    """What became of every stride, limb and walk that the detection finds on the true poses."""
    flawless = unsmoothed(SMOOTHERS["eks"]([truth], SMOOTHING))
    true, strides = (measure_strides(poses, settings) for poses in (flawless, unsmoothed(smoothed)))
    how = DrawSettings(keypoints=[*settings.limbs, *settings.body], draws=draws, seed=0)
    drawn = gait_intervals.strides_of_draws(
        sample_poses(smoothed, expected, how, sharpen=True), settings
    )
    limbs, true_limbs = (summarize_gait(table, fps=truth.fps) for table in (strides, true))
    walks, true_walks = (summarize_walks(table) for table in (strides, true))
    found: Outcomes = Counter()
    for name, measured, real, columns, pairs in (
        ("strides", strides, true, gait_intervals.stride_intervals(strides, drawn),
         pairs_of_strides(true, strides)),
        ("limbs", limbs, true_limbs, gait_intervals.gait_intervals(limbs, drawn),
         pairs_of_limbs(limbs, true_limbs)),
        ("walks", walks, true_walks, walk_intervals.walk_intervals(walks, drawn),
         pairs_of_walks(walks, true_walks)),
    ):  # fmt: skip
        for quantity in WITH_INTERVALS[name]:
            told = told_of(quantity, measured, real, columns, pairs)
            found.update((name, quantity, outcome) for outcome in told)
    return found
