"""What the marks in a labeled video mean: only those that the video has."""

from superanimal_core.report.caption import Entry, Mark
from superanimal_core.report.colors import LEFT, MIDDLE, RIGHT, animal_color, side_colors
from superanimal_core.report.drawn_animals import BONE, Look
from superanimal_core.report.film import Film

SIDES = {LEFT: "left", RIGHT: "right", MIDDLE: "middle"}


def legend_of(film: Film, look: Look) -> list[Entry]:
    """The animals or the sides of the only one, then the marks."""
    shown = film.shown
    if not shown.legend:
        return []
    if len(film.names) == 1:
        colors = dict(zip(film.space.keypoints, side_colors(film.space), strict=True))
        used = {colors[name] for name in film.taught}
        found = [(color, word) for color, word in SIDES.items() if color in used]
    else:
        found = [(animal_color(i), name) for i, name in enumerate(film.names)]
    entries = [Entry(Mark.KEYPOINT, color, word) for color, word in found]
    trail = look.trail_colors[0] if len(film.names) == 1 else BONE
    circle, strange = (
        "true position inside in 90 % of cases",
        "extrapolated: unlike anything labeled",
    )
    way = f"{film.trail}, last {shown.trail_s:g} s"
    marks = [
        (shown.circles and film.doubt.has_circles, Entry(Mark.CIRCLE, BONE, circle)),
        (film.doubt.has_extrapolated, Entry(Mark.DASHES, BONE, strange)),
        (shown.footfalls and _has_stances(film), Entry(Mark.SQUARE, BONE, "paw stands")),
        (film.trail is not None, Entry(Mark.LINE, trail, way)),
        (shown.boxes, Entry(Mark.BOX, BONE, "box of the animal")),
    ]
    return entries + [entry for is_there, entry in marks if is_there]


def _has_stances(film: Film) -> bool:
    return any(set(paws.names) & set(film.taught) for paws in film.stands)
