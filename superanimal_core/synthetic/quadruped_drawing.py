"""How the side-view animal is painted, from the far side to the near side."""

import numpy as np
from numpy import ndarray

from superanimal_core.synthetic.coats import Coat
from superanimal_core.synthetic.drawing import (
    Canvas,
    Color,
    chain_normals,
    draw_ball,
    draw_disc,
    draw_limb,
    draw_line,
    draw_markings,
    draw_polygon,
    draw_tube,
    shaded,
    smooth_chain,
)

TRUNK_RADII = np.array([0.105, 0.135, 0.122, 0.135, 0.150, 0.120])
LEG_RADII = {"front": np.array([0.085, 0.046, 0.030]), "back": np.array([0.110, 0.052, 0.030])}
FAR_SHADE = 0.58
NOSE, NEAR_EYE, FAR_EYE, NEAR_EARBASE, NEAR_EAREND, FAR_EARBASE, FAR_EAREND, NAPE = range(8)


def draw_quadruped(
    canvas: Canvas, points: dict[str, ndarray], px_per_bl: float, girth: float, coat: Coat
) -> None:
    """Paint one moment on the canvas; `points` are chains in pixels of the frame."""
    ahead = 1.0 if points["muzzle"][-1, 0] > points["trunk"][0, 0] else -1.0
    for end in ("back", "front"):
        color = shaded(coat.limbs, FAR_SHADE)
        _draw_leg(canvas, points[f"far_{end}"], end, color, px_per_bl, ahead)
    _draw_ear(canvas, points["face"][[FAR_EARBASE, FAR_EAREND]], px_per_bl, ahead, coat, 0.62)
    tail = points["tail"]
    chain, radii = smooth_chain(tail, 16, np.linspace(0.040, 0.024, len(tail)) * px_per_bl)
    draw_tube(canvas, chain, radii, coat.back, 4)
    chain, radii = smooth_chain(points["trunk"], 16, TRUNK_RADII * girth * px_per_bl)
    neck, neck_radii = smooth_chain(points["neck"], 8, np.array([0.115, 0.085, 0.080]) * px_per_bl)
    draw_tube(canvas, chain, radii, coat.back, 6)
    down = chain_normals(chain) * radii[:, None] * ahead
    _draw_belly(canvas, chain, down, coat)
    draw_markings(canvas, chain - 0.25 * down, 0.75 * down, coat.markings, coat.marking)
    draw_tube(canvas, neck, neck_radii, coat.back, 5, rim=0.86)
    for end in ("back", "front"):
        _draw_leg(canvas, points[f"near_{end}"], end, coat.limbs, px_per_bl, ahead)
    _draw_face(canvas, points, px_per_bl, ahead, coat)


def _draw_leg(
    canvas: Canvas, leg: ndarray, end: str, color: Color, px_per_bl: float, ahead: float
) -> None:
    root, knee, paw = leg
    radii = LEG_RADII[end] * px_per_bl
    if end == "back":  # the hock stands out behind the line from knee to paw
        along = paw - knee
        hock = knee + 0.55 * along + 0.20 * np.array([-along[1], along[0]]) * ahead
        leg = np.stack([root, knee, hock, paw])
        radii = np.array([radii[0], radii[1], 0.034 * px_per_bl, radii[2]])
    draw_limb(canvas, leg, radii, color, 4, rim=0.80)
    toes = paw + np.array([0.028 * ahead, 0.002]) * px_per_bl
    draw_limb(
        canvas, np.stack([paw, toes]), np.array([0.031, 0.028]) * px_per_bl, color, 3, rim=0.74
    )


def _draw_belly(canvas: Canvas, chain: ndarray, across: ndarray, coat: Coat) -> None:
    """A paler band along the underside, within the trunk; `across` points down."""
    inner = slice(2, -2)
    band = chain[inner] + across[inner] * 0.62
    width = np.sin(np.linspace(0.15, np.pi - 0.15, len(band)))
    radii = np.linalg.norm(across[inner], axis=1) * width
    for size, tone in ((0.34, 0.90), (0.22, 1.0)):
        draw_tube(canvas, band, radii * size, shaded(coat.belly, tone), 1)


def _draw_ear(
    canvas: Canvas, ear: ndarray, px_per_bl: float, ahead: float, coat: Coat, tone: float
) -> None:
    base, tip = ear
    axis = tip - base
    side = np.array([-axis[1], axis[0]]) / max(float(np.linalg.norm(axis)), 1e-9)
    half = 0.048 * px_per_bl
    outer = np.stack([base + side * half, tip, base - side * half, base - axis * 0.25])
    draw_polygon(canvas, outer, shaded(coat.head, tone))
    draw_disc(canvas, tip, 0.012 * px_per_bl, shaded(coat.head, tone))
    inner = np.stack([base + side * half * 0.55, tip - axis * 0.22, base - side * half * 0.55])
    draw_polygon(canvas, inner, shaded(coat.skin, tone))


def _draw_face(
    canvas: Canvas, points: dict[str, ndarray], px_per_bl: float, ahead: float, coat: Coat
) -> None:
    face, muzzle = points["face"], points["muzzle"]
    skull = muzzle[0]
    draw_ball(canvas, skull, 0.108 * px_per_bl, coat.head, 6)
    chain, radii = smooth_chain(muzzle, 8, np.array([0.080, 0.070, 0.050, 0.040]) * px_per_bl)
    draw_tube(canvas, chain, radii, coat.head, 4)
    draw_tube(canvas, chain[4:], radii[4:] * 0.72, shaded(coat.belly, 0.98), 2)
    _draw_ear(canvas, face[[NEAR_EARBASE, NEAR_EAREND]], px_per_bl, ahead, coat, 0.97)
    nose = face[NOSE]
    draw_ball(canvas, nose, 0.024 * px_per_bl, (34, 26, 28), 2)
    eye = face[NEAR_EYE]
    draw_disc(canvas, eye, 0.030 * px_per_bl, shaded(coat.head, 1.3))
    draw_disc(canvas, eye, 0.024 * px_per_bl, (26, 18, 16))
    glint = eye + np.array([-0.008, -0.009]) * px_per_bl
    draw_disc(canvas, glint, 0.009 * px_per_bl, (255, 255, 255))
    along = muzzle[-1] - muzzle[1]
    down = np.array([-along[1], along[0]]) * ahead
    smile = [muzzle[-1] + 0.12 * down, muzzle[2] + 0.34 * down, muzzle[1] + 0.20 * down]
    draw_line(canvas, np.array(smile), shaded(coat.head, 0.42), 1)
