"""Probabilities of behaviors that keep their word.

A classifier that was taught rare behaviors as often as frequent ones, or that knows its frames by
heart, is too sure. What it said of frames that it had not learned from tells by how much: a
temperature for all and a bias for each class (Guo et al. 2017), by the likelihood of the labels.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy.optimize import minimize

PRIOR = 1e-3  # of the squared logarithm of the temperature and of the biases, per frame


class Calibration(NamedTuple):
    """`temperature` divides the scores, then `bias` is added."""

    temperature: float
    bias: Float[ndarray, "class"]


def uncalibrated(classes: int) -> Calibration:
    """That which leaves the scores as they are."""
    return Calibration(1.0, np.zeros(classes))


def calibrated(
    scores: Float[ndarray, "frame class"], calibration: Calibration
) -> Float[ndarray, "frame class"]:
    """Probabilities, which add up to 1 in every frame."""
    return _softmax(scores / calibration.temperature + calibration.bias)


def fit_calibration(
    scores: Float[ndarray, "frame class"],
    label: Int[ndarray, "frame"],
    weight: Float[ndarray, "frame"],
) -> Calibration:
    """The temperature and the biases under which the labels are most likely."""
    classes = scores.shape[1]
    is_true = np.eye(classes)[label]
    share = weight / weight.sum()

    def cost(parameters: ndarray) -> tuple[float, ndarray]:
        slope, bias = np.exp(parameters[0]), parameters[1:]
        probability = _softmax(scores * slope + bias)
        likely = np.log(np.maximum(probability[np.arange(len(label)), label], 1e-12))
        wrong = (probability - is_true) * share[:, None]
        gradient = np.append((wrong * scores).sum() * slope, wrong.sum(axis=0))
        return (
            float(-share @ likely + PRIOR * parameters @ parameters),
            gradient + 2 * PRIOR * parameters,
        )

    found = minimize(cost, np.zeros(classes + 1), jac=True, method="L-BFGS-B").x
    return Calibration(float(np.exp(-found[0])), found[1:])


def _softmax(scores: ndarray) -> ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
