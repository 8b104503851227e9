"""A scene: one animal, one place, one light, one camera; and frames of it with exact truth."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray

from superanimal_core.pose.boxes import clip_boxes
from superanimal_core.synthetic.cameras import Camera, Light, expose
from superanimal_core.synthetic.coats import Coat
from superanimal_core.synthetic.drawing import Canvas
from superanimal_core.synthetic.figure import Figure
from superanimal_core.synthetic.mouse import Mouse
from superanimal_core.synthetic.quadruped import Quadruped

MOMENTS = 3  # pictures that are averaged over one exposure
STILL_PX = 0.25  # movement within an exposure below which one moment is enough
SHADOW = 0.42


@dataclass(frozen=True)
class Frame:
    """A picture and the truth about it. `box_xyxy_px` holds every drawn pixel; NaN when none is."""

    image: UInt8[ndarray, "height width 3"]
    time_s: float
    xy_px: Float[ndarray, "keypoint 2"]
    is_visible: Bool[ndarray, "keypoint"]
    box_xyxy_px: Float[ndarray, "4"]


@dataclass(frozen=True)
class Scene:
    """Everything that a camera films. `foreground` (RGB and opacity) covers the animal."""

    animal: Mouse | Quadruped
    coat: Coat
    camera: Camera
    light: Light
    background: UInt8[ndarray, "height width 3"]
    foreground: UInt8[ndarray, "height width 4"] | None
    seed: int

    def is_visible(self, figure: Figure) -> Bool[ndarray, "time keypoint"]:
        """Not behind the animal itself or the foreground, and inside the picture."""
        xy = self.camera.project(figure.keypoints)
        size = np.array([self.camera.width_px, self.camera.height_px])
        inside = ((xy >= 0) & (xy < size)).all(axis=-1)
        visible = inside & ~figure.is_hidden
        if self.foreground is not None:
            column, row = np.clip(xy.astype(int), 0, size - 1).transpose(2, 0, 1)
            visible &= self.foreground[row, column, 3] < 128
        return visible


def render_frames(scene: Scene, time_s: Float[ndarray, "time"]) -> Iterator[Frame]:
    """Frames at the given times (middles of the exposures)."""
    generator = np.random.default_rng([scene.seed, 1])
    offsets = (np.arange(MOMENTS) - (MOMENTS - 1) / 2) / MOMENTS * scene.camera.exposure_s
    moments = scene.animal.figure((time_s[:, None] + offsets).ravel())
    blurred = scene.camera.project(moments.keypoints).reshape(len(time_s), MOMENTS, -1, 2)
    keypoints = blurred[:, MOMENTS // 2]  # the middle of an exposure is its frame's time
    is_visible = scene.is_visible(moments)[MOMENTS // 2 :: MOMENTS]
    points = {name: scene.camera.project(chain) for name, chain in moments.points.items()}
    light = scene.light.field(scene.camera.width_px, scene.camera.height_px)
    for i, now in enumerate(time_s.tolist()):
        moved = np.abs(np.diff(blurred[i], axis=0)).max() > STILL_PX
        chosen = range(i * MOMENTS, (i + 1) * MOMENTS) if moved else [i * MOMENTS + MOMENTS // 2]
        sprite, corner = _sprite(scene, [{k: v[j] for k, v in points.items()} for j in chosen])
        picture = _composed(scene, sprite, corner)
        lit = cv2.multiply(picture, light, scale=scene.light.level(now))
        image = expose(lit, scene.camera, generator)
        box = _box(sprite, corner, scene.camera)
        yield Frame(image, now, keypoints[i], is_visible[i], box)


def _sprite(scene: Scene, moments: list[dict[str, ndarray]]) -> tuple[ndarray, tuple[int, int]]:
    """The animal, averaged over its moments: premultiplied RGB and opacity (float32), its place."""
    px_per_bl = scene.camera.px_per_bl
    chains = np.concatenate([np.concatenate(list(m.values())) for m in moments])
    margin = 0.24 * px_per_bl
    low = np.floor(chains.min(axis=0) - margin).astype(int)
    size = np.ceil(chains.max(axis=0) + margin).astype(int) - low
    total = np.zeros((size[1], size[0], 4), np.float32)
    for points in moments:
        canvas = Canvas.empty(low.astype(float), int(size[0]), int(size[1]))
        scene.animal.draw(canvas, points, px_per_bl, scene.coat)
        small = cv2.resize(canvas.pixels, size.tolist(), interpolation=cv2.INTER_AREA)
        cv2.accumulate(small, total)
    total /= len(moments)
    total[..., :3] *= _fur(total.shape[:2], scene.coat.fur_contrast)
    return total, (int(low[0]), int(low[1]))


_FUR_GRAIN = cv2.GaussianBlur(
    np.random.default_rng(7).normal(size=(700, 700)).astype(np.float32), (0, 0), 1.1, sigmaY=0.55
)
_FUR_GRAIN /= _FUR_GRAIN.std()


def _fur(shape: tuple[int, ...], contrast: float) -> Float[ndarray, "height width 1"]:
    """Brightness of the fur's grain, fixed to the animal's canvas."""
    return 1 + contrast * _FUR_GRAIN[: shape[0], : shape[1], None]


def _composed(scene: Scene, sprite: ndarray, corner: tuple[int, int]) -> ndarray:
    """Background, shadow, animal and foreground (float32, 0-255)."""
    picture = scene.background.astype(np.float32)
    _cast_shadow(picture, scene, sprite, corner)
    target, source = _overlap(picture, sprite, corner)
    opacity = source[..., 3:] / 255
    target *= 1 - opacity
    target += source[..., :3]
    if scene.foreground is not None:
        opacity = scene.foreground[..., 3:].astype(np.float32) / 255
        picture *= 1 - opacity
        picture += scene.foreground[..., :3]
    return picture


def _cast_shadow(picture: ndarray, scene: Scene, sprite: ndarray, corner: tuple[int, int]) -> None:
    """Darken the floor: beside an animal seen from above, below one seen from the side."""
    unit = scene.camera.px_per_bl
    opacity = sprite[..., 3] / 255
    if isinstance(scene.animal, Quadruped):
        height = max(int(0.10 * unit), 2)
        flat = cv2.resize(opacity, (opacity.shape[1], height), interpolation=cv2.INTER_AREA)
        flat = np.pad(flat * 1.5, ((height // 2, height // 2), (0, 0)))
        ground = scene.camera.project(np.array([[0.0, 0.0]]))[0, 1]
        middle = corner[0] + sprite.shape[1] / 2 - scene.camera.width_px / 2
        ground += np.tan(scene.camera.rotation_rad) * middle
        shadow, place = flat, (corner[0], int(ground - len(flat) / 2))
    else:
        shadow, place = opacity, (corner[0] + int(0.04 * unit), corner[1] + int(0.05 * unit))
    shadow = cv2.GaussianBlur(np.minimum(shadow, 1), (0, 0), 0.035 * unit)
    target, source = _overlap(picture, shadow[..., None], place)
    target *= 1 - SHADOW * source


def _overlap(picture: ndarray, patch: ndarray, corner: tuple[int, int]) -> tuple[ndarray, ndarray]:
    """The parts of picture and patch that lie on each other."""
    x, y = corner
    height, width = picture.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + patch.shape[1], width), min(y + patch.shape[0], height)
    right, bottom = max(right, left), max(bottom, top)
    return picture[top:bottom, left:right], patch[top - y : bottom - y, left - x : right - x]


def _box(sprite: ndarray, corner: tuple[int, int], camera: Camera) -> Float[ndarray, "4"]:
    x, y, width, height = cv2.boundingRect((sprite[..., 3] > 100).astype(np.uint8))
    box = np.array([x, y, x + width, y + height], dtype=float) + np.tile(corner, 2)
    clipped = clip_boxes(box, camera.width_px, camera.height_px)
    is_empty = clipped[2] <= clipped[0] or clipped[3] <= clipped[1]
    return np.full(4, np.nan) if is_empty else clipped
