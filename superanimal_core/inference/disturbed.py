"""Labeled pictures made worse until networks fail: what errors go with which signs of failing.

The labels stay true, whatever is done to the picture. A laboratory that nobody labeled has other
light, other contrasts, other cameras and other places, and lies somewhere between the pictures as
they are and these.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from jaxtyping import Int
from numpy import ndarray

from superanimal_core.network.crops import Image

PICTURES = 200  # at most so many of each kind
LEAST = 0.1  # of the strength, which is drawn by lot between it and 1

Disturb = Callable[[ndarray, float, ndarray, np.random.Generator], ndarray]


def _mixed(image: ndarray, strength: float, other: ndarray, _: np.random.Generator) -> ndarray:
    part = 0.7 * strength
    return image * (1 - part) + cv2.resize(other, image.shape[1::-1]) * part


def _blurred(image: ndarray, strength: float, _: ndarray, __: np.random.Generator) -> ndarray:
    sigma = 0.5 + 0.03 * strength * min(image.shape[:2])
    return cv2.GaussianBlur(image, (0, 0), sigma)


DISTURBANCES: Mapping[str, Disturb] = {
    "dark": lambda image, strength, _, __: image * (1 - 0.85 * strength),
    "bright": lambda image, strength, _, __: 255 - (255 - image) * (1 - 0.85 * strength),
    "blurred": _blurred,
    "noisy": lambda image, strength, _, lot: image + lot.normal(0, 90 * strength, image.shape),
    "faded": lambda image, strength, _, __: 127 + (image - 127) * (1 - 1.8 * strength),
    "mixed": _mixed,
}


def disturb(kind: str, image: Image, other: Image, seed: tuple[int, ...]) -> Image:
    """A picture disturbed by lot; `other` is a picture that it may be mixed with.

    At the largest strength "faded" turns dark into bright. The same seed gives the same picture.
    """
    lot = np.random.default_rng(seed)
    strength = lot.uniform(LEAST, 1.0)
    pixels = image.astype(np.float32)
    changed = DISTURBANCES[kind](pixels, strength, other.astype(np.float32), lot)
    return np.clip(np.round(changed), 0, 255).astype(np.uint8)


def chosen_animals(animals: int, kind: int) -> Int[ndarray, "chosen"]:
    """Which animals are shown disturbed in this way: all, or evenly spaced ones.

    Each kind begins elsewhere, so that many labels are all looked at by one or another.
    """
    step = -(-animals // PICTURES) if animals else 1
    return np.arange(kind % step, animals, step)
