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
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_minimum_is_scipys_and_costs_no_more(name):
    calls = []

    def counted(x):
        calls.append(x)
        return FUNCTIONS[name](x)

    found = minimize_between(counted, -11.5, 13.8, 1e-3)
    expected = minimize_scalar(
        FUNCTIONS[name], bounds=(-11.5, 13.8), method="bounded", options={"xatol": 1e-3}
    )
    assert FUNCTIONS[name](found) <= expected.fun + 1e-3
    if name != "flat":
        assert abs(found - expected.x) < 2e-3
    assert len(calls) <= expected.nfev + 3
    assert all(-11.5 <= x <= 13.8 for x in calls)
