"""Cameras: from body lengths to pixels, and what optics, light and electronics do to a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.synthetic.figure import rotate

# A sheet of noise of which every exposure takes a part: drawing fresh noise would cost more time
# than everything else.
NOISE = np.random.default_rng(5).standard_normal((700, 1000, 3), np.float32)


@dataclass(frozen=True)
class Camera:
    """A still camera.

    `center_bl` is the place that it looks at, `rotation_rad` its roll, `blur_px` the standard
    deviation of its optics, `noise_sd` that of its sensor (gray levels), `exposure_s` the time over
    which movement blurs, `jpeg_quality` 1-100 (None: uncompressed).
    """

    width_px: int
    height_px: int
    px_per_bl: float
    center_bl: tuple[float, float] = (0.0, 0.0)
    rotation_rad: float = 0.0
    blur_px: float = 0.5
    noise_sd: float = 3.0
    exposure_s: float = 1 / 120
    jpeg_quality: int | None = None

    def project(self, xy_bl: Float[ndarray, "*shape 2"]) -> Float[ndarray, "*shape 2"]:
        """Pixels (pose.arrays' convention) of positions in body lengths, x right, y down."""
        middle = np.array([self.width_px / 2, self.height_px / 2])
        turned = rotate(xy_bl - np.array(self.center_bl), self.rotation_rad)
        return middle + self.px_per_bl * turned


@dataclass(frozen=True)
class Light:
    """Brightness that falls off in a direction, its color, and its flicker.

    `slope` is the change of brightness from one edge to the other, `vignette` the loss in the
    corners; `flicker` the amplitude at `flicker_hz`.
    """

    gain: float = 1.0
    slope: float = 0.0
    slope_angle_rad: float = 0.0
    vignette: float = 0.1
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    flicker: float = 0.0
    flicker_hz: float = 1.7

    def field(self, width_px: int, height_px: int) -> Float[ndarray, "height width 3"]:
        """Factor for every pixel and color."""
        x = np.linspace(-1, 1, width_px, dtype=np.float32)[None]
        y = np.linspace(-1, 1, height_px, dtype=np.float32)[:, None]
        cos, sin = float(np.cos(self.slope_angle_rad)), float(np.sin(self.slope_angle_rad))
        level = self.gain * (1 + self.slope / 2 * (x * cos + y * sin))
        level = level * (1 - self.vignette / 2 * (x**2 + y**2))
        return level[..., None] * np.array(self.tint, np.float32)

    def level(self, time_s: float) -> float:
        """Factor of the flicker at a time."""
        return 1 + self.flicker * float(np.sin(2 * np.pi * self.flicker_hz * time_s))


def tilted(image: ndarray, rotation_rad: float) -> ndarray:
    """A picture turned about its middle, the edges filled by reflection."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(
        (width / 2 - 0.5, height / 2 - 0.5), -np.degrees(rotation_rad), 1
    )
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


def expose(
    picture: Float[ndarray, "height width 3"],
    camera: Camera,
    generator: np.random.Generator,
) -> UInt8[ndarray, "height width 3"]:
    """What the camera delivers of a lit scene: optics, noise, clipping, compression."""
    if camera.blur_px > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), camera.blur_px)
    height, width = picture.shape[:2]
    row, column = generator.integers(0, np.array(NOISE.shape[:2]) - (height, width) + 1).tolist()
    noise = NOISE[row : row + height, column : column + width]
    noisy = cv2.scaleAdd(noise, camera.noise_sd, picture)
    pixels = np.clip(noisy, 0, 255).astype(np.uint8)
    if camera.jpeg_quality is None:
        return pixels
    options = [cv2.IMWRITE_JPEG_QUALITY, camera.jpeg_quality]
    encoded = cv2.imencode(".jpg", pixels[..., ::-1], options)[1]
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(decoded[..., ::-1])
