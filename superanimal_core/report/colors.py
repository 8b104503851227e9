"""Colors of what is drawn into pictures and videos: of animals, and of the sides of a body."""

from superanimal_core.pose.keypoints import KeypointSpace

Color = tuple[int, int, int]  # RGB

DARK, MIDDLE, LEFT, RIGHT = (25, 30, 36), (245, 245, 245), (70, 165, 235), (240, 165, 50)
# Okabe and Ito 2008, Color Universal Design, without black: told apart by people who do not see
# red, green or blue
ANIMALS: tuple[Color, ...] = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (240, 228, 66),
    (213, 94, 0),
    (0, 114, 178),
)


def animal_color(individual: int) -> Color:
    """The color of an individual of a video, by its number; after seven they come again."""
    return ANIMALS[individual % len(ANIMALS)]


def side_colors(space: KeypointSpace) -> list[Color]:
    """The color of each keypoint by its side of the body."""
    left = {k for k, _ in space.mirror_pairs}
    right = {k for _, k in space.mirror_pairs}
    return [LEFT if k in left else RIGHT if k in right else MIDDLE for k in space.keypoints]
