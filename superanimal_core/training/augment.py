"""Random changes of training crops: geometry in one resampling, then light, noise and blur.

The geometric part is a change to the crop before it is cut, so that pixels are interpolated once; a
mirror image exchanges left and right names. Unlike torchvision's transforms, flips follow the
project's pixel convention (x -> W - x).
"""

from collections.abc import Sequence
from copy import deepcopy

import cv2
import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from superanimal_core.network.crops import Affine, CropChange, apply_affine
from superanimal_core.pose.labels import LabelState
from superanimal_core.settings import AugmentSettings


def random_change(augment: AugmentSettings, generator: np.random.Generator) -> CropChange:
    """A random turn, size, position and mirroring."""
    is_mirrored = bool(generator.random() < augment.flip)
    turn = np.deg2rad(augment.rotation_deg) * generator.uniform(-1, 1)
    scale = np.exp(np.log1p(augment.scale) * generator.uniform(-1, 1))
    shift_x, shift_y = augment.shift * generator.uniform(-1, 1, size=2)
    return CropChange(float(turn), float(scale), (float(shift_x), float(shift_y)), is_mirrored)


def move_keypoints(
    affine: Affine,
    xy_px: Float[ndarray, "keypoint 2"],
    state: Int[ndarray, "keypoint"],
    size_px: tuple[int, int],
    mirror: Int[ndarray, "keypoint"] | None,
) -> tuple[Float[ndarray, "keypoint 2"], Int[ndarray, "keypoint"]]:
    """Keypoints in the crop. Those that left it lose their position but stay defined.

    `mirror` is the space's mirror permutation when the crop is mirrored.
    """
    moved, moved_state = apply_affine(affine, xy_px), state.copy()
    if mirror is not None:
        moved, moved_state = moved[mirror], moved_state[mirror]
    with np.errstate(invalid="ignore"):
        is_outside = ((moved < 0) | (moved > size_px)).any(axis=1)
    is_lost = is_outside & (moved_state >= LabelState.OCCLUDED)
    moved[is_lost] = np.nan
    moved_state[is_lost] = LabelState.NOT_LABELED
    return moved, moved_state


def change_light(
    crop: UInt8[ndarray, "height width 3"], augment: AugmentSettings, generator: np.random.Generator
) -> UInt8[ndarray, "height width 3"]:
    """Brightness, contrast, color cast, noise (of 255), blur and a covered rectangle."""
    if generator.random() < augment.blur:
        crop = cv2.GaussianBlur(crop, (0, 0), generator.uniform(0.5, 1.5))
    gain = np.exp(np.log1p(augment.contrast) * generator.uniform(-1, 1))
    cast = np.exp(0.3 * np.log1p(augment.contrast) * generator.uniform(-1, 1, size=3))
    offset = augment.brightness * 255 * generator.uniform(-1, 1)
    mean = float(crop.mean())
    changed = (crop.astype(np.float32) - mean) * np.float32(gain) + np.float32(mean + offset)
    changed *= cast.astype(np.float32)
    if augment.noise:
        deviation = augment.noise * 255 * generator.random()
        noise = generator.standard_normal(crop.shape[:2], dtype=np.float32)
        changed += noise[..., None] * np.float32(deviation)
    if generator.random() < augment.cutout:
        _cover(changed, generator)
    return np.clip(changed, 0, 255).astype(np.uint8)


def change_light_alike(
    window: Sequence[UInt8[ndarray, "height width 3"]],
    augment: AugmentSettings,
    generator: np.random.Generator,
) -> UInt8[ndarray, "window height width 3"]:
    """`change_light` of the crops of a window: each as if it were the only one."""
    return np.stack([change_light(crop, augment, deepcopy(generator)) for crop in window])


def _cover(crop: Float[ndarray, "rows columns 3"], generator: np.random.Generator) -> None:
    """Paint a random rectangle of at most a third of the sides, in place, in a random color."""
    rows, columns = crop.shape[:2]
    size = min(rows, columns)
    width, height = generator.integers(size // 12, size // 3, size=2)
    x, y = generator.integers(0, columns - width), generator.integers(0, rows - height)
    crop[y : y + height, x : x + width] = generator.uniform(0, 255, size=3)
