"""p values of many tests together. Apart from the models, which take a second to import."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray


def holm(p: Float[ndarray, "test"]) -> Float[ndarray, "test"]:
    """p values for all tests together (Holm 1979); NaN stays."""
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * (len(order) - np.arange(len(order)))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
