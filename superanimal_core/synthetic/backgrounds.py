"""Textured places for animals: floors seen from above, and grounds seen from the side.

All are RGB images (uint8). A ground from the side has its horizon where the floor begins.
"""

from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from superanimal_core.synthetic.drawing import Color

Image = UInt8[ndarray, "height width 3"]
Size = tuple[int, int]  # width, height in px


def cloud(
    generator: np.random.Generator, size: Size, grain_px: tuple[float, float]
) -> Float[ndarray, "height width"]:
    """Smooth noise of mean 0 and standard deviation near 1; `grain_px` is its scale in x and y."""
    width, height = size
    coarse = (max(int(height / grain_px[1]) + 2, 2), max(int(width / grain_px[0]) + 2, 2))
    noise = generator.normal(size=coarse).astype(np.float32)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * 1.3


def _plain(size: Size, color: Color) -> Float[ndarray, "height width 3"]:
    return np.full((size[1], size[0], 3), color, np.float32)


def _mottled(
    generator: np.random.Generator, size: Size, color: Color, amount: float
) -> Float[ndarray, "height width 3"]:
    grains = ((3, 3), (11, 11), (60, 60))
    layers = sum(
        cloud(generator, size, g) * w for g, w in zip(grains, (0.5, 0.8, 1.0), strict=True)
    )
    return _plain(size, color) + (amount * np.asarray(layers))[..., None]


def _finish(image: Float[ndarray, "height width 3"]) -> Image:
    return np.clip(image, 0, 255).astype(np.uint8)


def bedding(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """Wood chips."""
    image = _finish(_mottled(generator, size, (176, 150, 112), 7.0))
    count = size[0] * size[1] // 110
    places = generator.uniform((0, 0), size, (count, 2))
    angles, lengths = generator.uniform(0, np.pi, count), generator.uniform(3, 9, count)
    tones = generator.normal(0, 17, count)
    for place, angle, length, tone in zip(places, angles, lengths, tones, strict=True):
        half = length / 2 * np.array([np.cos(angle), np.sin(angle)])
        ends = np.rint(np.stack([place - half, place + half]) * 16).astype(int).tolist()
        color = tuple(np.clip(np.array([196, 168, 126]) + tone, 0, 255).tolist())
        shadow = tuple(np.clip(np.array([128, 104, 74]) + tone, 0, 255).tolist())
        below = [[x + 14, y + 18] for x, y in ends]
        cv2.line(image, below[0], below[1], shadow, 2, cv2.LINE_AA, 4)
        cv2.line(image, ends[0], ends[1], color, 2, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(image, (0, 0), 0.6)


def arena(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """A plain floor between four walls, with scuff marks."""
    tone = generator.uniform(105, 200)
    image = _mottled(generator, size, (tone, tone * 1.0, tone * 0.98), 3.0)
    width, height = size
    wall = int(min(size) * 0.07)
    across = np.minimum(np.arange(width), np.arange(width)[::-1])
    down = np.minimum(np.arange(height), np.arange(height)[::-1])
    depth = np.minimum(across[None], down[:, None])
    image *= np.where(depth < wall, 0.55 + 0.2 * depth / wall, 1.0)[..., None]
    image *= (1 - 0.22 * np.exp(-np.maximum(depth - wall, 0) / 9.0) * (depth >= wall))[..., None]
    marks = _finish(image)
    for _ in range(12):
        start = generator.uniform((wall, wall), (width - wall, height - wall))
        stop = start + generator.normal(0, 18, 2)
        ends = [tuple(int(v) for v in p) for p in (start, stop)]
        cv2.line(marks, ends[0], ends[1], (tone * 0.9,) * 3, 1, cv2.LINE_AA)
    return marks


def wood(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """Planks with grain."""
    width, height = size
    image = _plain(size, (150, 108, 70)) + 9 * cloud(generator, size, (45, 1.6))[..., None]
    image += 7 * cloud(generator, size, (90, 5))[..., None]
    plank = int(generator.uniform(38, 64))
    for i, top in enumerate(range(0, height, plank)):
        image[top : top + plank] += generator.normal(0, 9)
        image[top : top + 2] *= 0.6
        seam = int((generator.uniform() + i) * width * 0.37) % width
        image[top : top + plank, seam : seam + 2] *= 0.65
    return _finish(image)


def tiles(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """Bluish tiles with pale joints."""
    width, height = size
    image = _mottled(generator, size, (134, 150, 160), 5.0)
    edge = int(generator.uniform(44, 60))
    for row in range(0, height, edge):
        for column in range(0, width, edge):
            image[row : row + edge, column : column + edge] += generator.normal(0, 7)
    image[::edge] = image[1::edge][: len(image[::edge])] * 0 + 186
    image[:, ::edge] = 186
    return cv2.GaussianBlur(_finish(image), (0, 0), 0.7)


def _sky(size: Size, top: Color, bottom: Color) -> Float[ndarray, "height width 3"]:
    part = np.linspace(0, 1, size[1], dtype=np.float32)[:, None, None]
    rows = np.array(top, np.float32) * (1 - part) + np.array(bottom, np.float32) * part
    return np.repeat(rows, size[0], axis=1)


def _blades(
    image: Image, generator: np.random.Generator, rows: tuple[float, float], count: int, tall: float
) -> None:
    """Blades of grass whose roots lie between two rows; nearer ones are taller and brighter."""
    low, high = rows
    roots = np.sort(generator.uniform(low, high, count))
    for y in roots.tolist():
        near = (y - low) / max(high - low, 1)
        x = generator.uniform(-5, image.shape[1] + 5)
        length = tall * (0.45 + 0.75 * near) * generator.uniform(0.6, 1.3)
        tip = (x + generator.normal(0, 0.35) * length, y - length)
        green = np.array([74, 112, 46]) * generator.uniform(0.75, 1.35)
        ends = [[int(v * 16) for v in p] for p in ((x, y), tip)]
        cv2.line(image, ends[0], ends[1], tuple(green.tolist()), 1, cv2.LINE_AA, 4)


def meadow(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """Grass before hills and sky."""
    width, height = size
    image = _sky(size, (132, 176, 220), (222, 232, 236))
    image += 9 * np.maximum(cloud(generator, size, (70, 22)), 0)[..., None]
    columns = np.arange(width)
    horizon = ground_px - height * 0.13
    for color, rise in (((134, 158, 150), 0.16), ((112, 146, 96), 0.07)):
        wave = np.sin(columns / width * generator.uniform(4, 9) + generator.uniform(0, 6))
        crest = horizon - height * rise * (0.8 + 0.5 * wave)
        depth = np.clip(np.arange(height)[:, None] - crest[None], 0, 1)[..., None]
        image += depth * (np.array(color) - image)
    field = _mottled(generator, size, (110, 142, 72), 8.0)
    below = int(np.clip(horizon, 1, height - 1))
    image[below:] = field[below:] * np.linspace(0.92, 1.02, height - below)[:, None, None]
    grown = _finish(image)
    _blades(grown, generator, (below, height + 8), size[0] * 5, 9.0)
    return grown


def walkway(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """A laboratory's runway: a gray floor before a panel with posts."""
    tone = generator.uniform(150, 205)
    image = _mottled(generator, size, (tone, tone * 1.02, tone * 1.01), 3.0)
    spacing = int(generator.uniform(55, 85))
    for x in range(int(generator.uniform(0, spacing)), size[0], spacing):
        image[:, x : x + 3] *= 0.86
    top = int(np.clip(ground_px - 12, 1, size[1] - 1))
    floor = _mottled(generator, size, (tone * 0.62, tone * 0.62, tone * 0.66), 4.0)
    image[top:] = floor[top:]
    image[top : top + 2] *= 0.6
    return cv2.GaussianBlur(_finish(image), (0, 0), 0.6)


def fence(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """A sandy path along a wooden fence."""
    boards = wood(generator, (size[1], size[0]), ground_px).astype(np.float32)
    image = cv2.rotate(boards, cv2.ROTATE_90_CLOCKWISE) * generator.uniform(0.75, 1.15)
    top = int(np.clip(ground_px - 10, 1, size[1] - 1))
    sand = _mottled(generator, size, (196, 174, 136), 7.0)
    image[top:] = sand[top:]
    shade = np.linspace(0.7, 1.0, 8)[:, None, None]
    image[top : top + 8] *= shade[: len(image[top : top + 8])]
    grown = _finish(image)
    _blades(grown, generator, (top - 1, top + 5), size[0] // 4, 9.0)
    return grown


def room(generator: np.random.Generator, size: Size, ground_px: float) -> Image:
    """A living room: striped wallpaper, skirting board and carpet."""
    columns = np.arange(size[0])
    stripes = (columns // int(generator.uniform(13, 20))) % 2
    image = _plain(size, (186, 170, 158)) + np.where(stripes, 9, -5)[None, :, None]
    top = int(np.clip(ground_px - 16, 12, size[1] - 1))
    image[top - 11 : top] = (224, 218, 208)
    image[top - 12 : top - 11] = (146, 136, 126)
    carpet = _mottled(generator, size, (112, 88, 98), 6.0)
    image[top:] = carpet[top:]
    image[top : top + 2] *= 0.7
    return cv2.GaussianBlur(_finish(image), (0, 0), 0.7)


BACKGROUNDS: dict[str, Callable[[np.random.Generator, Size, float], Image]] = {
    "bedding": bedding,
    "arena": arena,
    "wood": wood,
    "tiles": tiles,
    "meadow": meadow,
    "walkway": walkway,
    "fence": fence,
    "room": room,
}


def grass_tufts(
    generator: np.random.Generator, size: Size, ground_px: float, tufts: int
) -> UInt8[ndarray, "height width 4"]:
    """Tufts of high grass before the animal (RGB and opacity, premultiplied)."""
    cover = np.zeros((size[1], size[0], 4), np.uint8)
    for _ in range(tufts):
        middle, tall = generator.uniform(0, size[0]), generator.uniform(26, 44)
        for _ in range(34):
            x, root = middle + generator.normal(0, 7), ground_px + generator.uniform(13, 20)
            tip = (x + generator.normal(0, 7), ground_px + 16 - tall * generator.uniform(0.5, 1.1))
            color = np.array([82, 124, 52]) * generator.uniform(0.6, 1.3)
            ends = [[int(v * 16) for v in p] for p in ((x, root), tip)]
            cv2.line(cover, ends[0], ends[1], (*color.tolist(), 255), 2, cv2.LINE_AA, 4)
    return cover


def bar(
    generator: np.random.Generator, size: Size, is_upright: bool
) -> UInt8[ndarray, "height width 4"]:
    """A metal bar across the picture, before the animal (RGB and opacity, premultiplied)."""
    cover = np.zeros((size[1], size[0], 4), np.uint8)
    lean = generator.normal(0, 0.05) if is_upright else generator.uniform(-0.9, 0.9)
    half = max(size)
    middle = generator.uniform((0.25 * size[0], 0.25 * size[1]), (0.75 * size[0], 0.75 * size[1]))
    axis = np.array([np.sin(lean), np.cos(lean)])
    width = int(generator.uniform(6, 9))
    tone = generator.uniform(70, 150)
    for inner in range(width, 0, -2):
        shade = tone * (0.6 + 0.6 * (1 - inner / width))
        ends = [tuple(int(v) for v in middle + sign * half * axis) for sign in (-1, 1)]
        cv2.line(cover, ends[0], ends[1], (shade, shade, shade * 1.05, 255), inner, cv2.LINE_AA)
    return cover
