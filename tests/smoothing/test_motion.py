"""Which model of motion is chosen, and its strength."""

import numpy as np
import pytest

from superanimal_core.settings.smoothing import MotionSettings
from superanimal_core.smoothing.motion import chosen_motion, possible_motions
from superanimal_core.smoothing.strength import Series

AUTO = MotionSettings(motion="auto", velocity_s=0.2)
TIME_S = np.arange(2000) / 50
STEPS = np.ones(1999)


def drawn(name, seed, strength=3.0):
    """What is seen of a trajectory of the model."""
    rng = np.random.default_rng(seed)
    kick = rng.normal(size=2000) * np.sqrt(strength)
    if name == "constant_velocity":  # of 10 frames, in steps of a twentieth
        kick = rng.normal(size=40_000) * np.sqrt(strength / 20)
        velocity = np.zeros(40_000)
        for i in range(1, 40_000):
            velocity[i] = velocity[i - 1] * (1 - 1 / 200) + kick[i] / 200
        x = np.cumsum(velocity)[::20]
    else:
        x = np.cumsum(kick)
    return Series(x + rng.normal(size=2000) * 0.3, np.full(2000, 0.09), STEPS)


@pytest.mark.parametrize("name", ["random_walk", "constant_velocity"])
@pytest.mark.parametrize("seed", range(3))
def test_the_model_that_made_the_motion_is_chosen_with_its_strength(name, seed):
    series = drawn(name, seed)
    motion, strength = chosen_motion([series], possible_motions(AUTO, TIME_S), None)
    assert motion.name == name
    assert motion.damping == pytest.approx(0.1)
    assert strength == pytest.approx(3.0, rel=0.4)


@pytest.mark.parametrize("name", ["random_walk", "constant_velocity"])
def test_a_model_or_a_strength_that_is_named_is_kept(name):
    series = drawn("random_walk" if name == "constant_velocity" else "constant_velocity", 0)
    only = possible_motions(AUTO.model_copy(update={"motion": name}), TIME_S)
    assert chosen_motion([series], only, None)[0].name == name
    assert chosen_motion([series], only, 7.0) == (only[0], 7.0)


def test_a_given_strength_leaves_the_choice_of_the_model():
    series = drawn("random_walk", 1)
    motion, strength = chosen_motion([series], possible_motions(AUTO, TIME_S), 3.0)
    assert (motion.name, strength) == ("random_walk", 3.0)


def test_nothing_that_is_linked_has_no_strength():
    series = Series(np.zeros(3), np.ones(3), np.full(2, np.inf))
    motion, strength = chosen_motion([series], possible_motions(AUTO, np.arange(3.0)), None)
    assert np.isnan(strength)
    assert motion.name == "random_walk"


def test_a_single_frame_has_models_too():
    assert [m.name for m in possible_motions(AUTO, np.zeros(1))] == [
        "random_walk",
        "constant_velocity",
    ]
