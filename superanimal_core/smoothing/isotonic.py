"""Isotonic regression as a line that never falls."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def rising_line(
    x: Float[ndarray, "value"], y: Float[ndarray, "value"]
) -> tuple[Float[ndarray, "corner"], Float[ndarray, "corner"]]:
    """Nondecreasing mean of y at increasing x, as the corners of a line: the middles of its steps.

    Values of the same x keep their order.
    """
    from scipy.optimize import isotonic_regression  # here: slow to import, for few

    order = np.argsort(x, kind="stable")
    fitted = isotonic_regression(y[order])
    starts, ends = fitted.blocks[:-1], fitted.blocks[1:] - 1
    return (x[order][starts] + x[order][ends]) / 2, fitted.x[starts]
