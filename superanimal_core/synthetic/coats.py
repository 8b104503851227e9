"""Coats: what color the parts of an animal have."""

from dataclasses import dataclass

from superanimal_core.synthetic.drawing import Color


@dataclass(frozen=True)
class Coat:
    """Colors (RGB, 0-255) of an animal. `markings` as in drawing.draw_markings."""

    name: str
    back: Color
    belly: Color
    head: Color
    limbs: Color
    skin: Color
    eyes: Color
    marking: Color = (0.0, 0.0, 0.0)
    markings: tuple[tuple[float, float, float, float], ...] = ()
    fur_contrast: float = 0.06


PINK = (224.0, 160.0, 152.0)
DARK_EYES = (22.0, 18.0, 20.0)

BLACK = Coat("black", (58, 54, 56), (84, 78, 78), (56, 52, 54), (50, 46, 48), (150, 112, 112),
             (12, 10, 12), fur_contrast=0.11)  # fmt: skip
BROWN = Coat("brown", (134, 94, 60), (196, 160, 118), (142, 100, 64), (112, 76, 48),
             (206, 148, 136), DARK_EYES)  # fmt: skip
WHITE = Coat("white", (222, 217, 208), (238, 234, 228), (226, 221, 213), (206, 200, 192),
             PINK, (150, 34, 52))  # fmt: skip
SPOTTED = Coat("spotted", (224, 214, 198), (238, 232, 222), (116, 76, 50), (206, 194, 178),
               PINK, DARK_EYES, (108, 70, 46),
               ((0.20, -0.3, 0.0, 0.42), (0.45, 0.2, 0.42, 0.30), (0.58, -0.5, -0.2, 0.36),
                (0.80, 0.1, 0.3, 0.34)),
               )  # fmt: skip
GRAY = Coat("gray", (132, 132, 138), (186, 186, 188), (126, 126, 132), (106, 106, 112),
            (206, 158, 156), DARK_EYES)  # fmt: skip
GINGER = Coat("ginger", (206, 132, 68), (244, 222, 190), (210, 136, 70), (196, 120, 60),
              PINK, (40, 52, 24), (168, 92, 44),
              tuple((along, -0.55, 0.5, 0.11) for along in (0.2, 0.33, 0.46, 0.59, 0.72, 0.85)),
              )  # fmt: skip

COATS = {coat.name: coat for coat in (BLACK, BROWN, WHITE, SPOTTED, GRAY, GINGER)}
