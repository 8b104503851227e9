"""Pictures whose animals are blue and whose surroundings are not."""

import numpy as np

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels

WIDTH, HEIGHT = 120, 80
ANIMAL = np.array([30, 60, 255])
SPACE = KeypointSpace("s", ("a",))


def picture_of(boxes, seed=0, margin=0.0, size_px=(WIDTH, HEIGHT)):
    """A grained green picture; each animal fills its box, and `margin` of its longer side more."""
    width, height = size_px
    image = np.random.default_rng(seed).integers(0, 200, (height, width, 3)).astype(np.uint8)
    image[..., 2] = 0
    for box in boxes:
        more = margin * (box[2:] - box[:2]).max()
        x0, y0 = np.maximum(np.ceil(box[:2] - more), 0).astype(int)
        x1, y1 = np.floor(box[2:] + more).astype(int)
        image[y0:y1, x0:x1] = ANIMAL
    return image


def boxes_by_lot(seed, count=1):
    """Boxes of 12 to 40 pixels, some of them cut by the picture's edge."""
    random = np.random.default_rng([seed, 7])
    low = random.uniform(-8, (WIDTH - 15, HEIGHT - 15), (count, 2))
    boxes = np.concatenate([low, low + random.uniform(12, 40, (count, 2))], axis=1)
    return np.clip(boxes, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])


def labels_of(boxes_of, groups):
    """One picture for each array of boxes, named by its number; NaN: an animal without a box."""
    image = np.array([str(i) for i, boxes in enumerate(boxes_of) for _ in boxes], dtype=object)
    n = len(image)
    return Labels(
        space=SPACE,
        source=np.full(n, "lab", dtype=object),
        image=image,
        image_size_px=np.tile([WIDTH, HEIGHT], (n, 1)),
        individual=np.full(n, "animal0", dtype=object),
        group=np.array([groups[int(i)] for i in image], dtype=object),
        split=np.full(n, "train", dtype=object),
        box_xyxy_px=np.concatenate(boxes_of),
        xy_px=np.full((n, 1, 2), np.nan),
        state=np.ones((n, 1), dtype=int),
        score=np.zeros((n, 1)),
    )


def blue(pixels):
    """Where something of an animal is seen."""
    return pixels[..., 2].astype(int) > pixels[..., 1].astype(int) + 20
