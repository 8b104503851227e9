"""The one-dimensional search for the strength."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from superanimal_core.smoothing.brent import minimize_between

FUNCTIONS = {
    "parabola": lambda x: (x - 1.3) ** 2,
    "corner": lambda x: abs(x + 2.7),
    "flat": lambda x: 0.0,
    "rising": lambda x: x,
    "falling": lambda x: -x,
    "quartic": lambda x: (x - 0.1) ** 4 - 0.2 * x,
    "likelihood": lambda x: np.logaddexp(3 * x, -x / 2),
    "waves": lambda x: np.sin(2 * x) + x**2 / 10,
    "stairs": lambda x: round((x - 2) ** 2 / 4),  # with values that are alike
    "even stairs": lambda x: round(abs(x + 5.3)),
}


def noted(function, calls):
    def call(x):
        calls.append(float(x))
        return function(x)

    return call


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_look_at_the_function_is_scipys(name):
    ours, theirs = [], []
    found = minimize_between(noted(FUNCTIONS[name], ours), -11.5, 13.8, 1e-3)
    expected = minimize_scalar(
        noted(FUNCTIONS[name], theirs),
        bounds=(-11.5, 13.8),
        method="bounded",
        options={"xatol": 1e-3},
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert found == pytest.approx(expected.x, abs=1e-6)
