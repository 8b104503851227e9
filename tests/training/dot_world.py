"""A tiny world to learn: pictures with one bright dot per keypoint, in their own colors."""

from dataclasses import replace

import numpy as np
import torch
from tiny_networks import pyramid_bundle, square_crop

from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.settings import AugmentSettings, TrainingSettings

SPACE = KeypointSpace("dots", ("red", "green", "blue"), mirror_pairs=(("red", "green"),))
COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]])
SIZE = (64, 64)


def dots(seed):
    """An image and the positions (3, 2) of its dots."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 40, (SIZE[1], SIZE[0], 3)).astype(np.uint8)
    xy = random.uniform(12, 52, (3, 2))
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] + 0.5
    for (dot_x, dot_y), color in zip(xy, COLORS, strict=True):
        image[np.hypot(x - dot_x, y - dot_y) < 4] = color
    return image, xy


def with_boxes(labels):
    """Boxes around the dots of every picture."""
    low, high = labels.xy_px.min(axis=1) - 4, labels.xy_px.max(axis=1) + 4
    return replace(labels, box_xyxy_px=np.concatenate([low, high], axis=1))


def read_image(name):
    return dots(int(name))[0]


def labels_of(sources, undefined=None):
    """One animal per image; `undefined` maps a source to the keypoints that it does not define."""
    n, undefined = len(sources), undefined or {}
    xy = np.stack([dots(i)[1] for i in range(n)])
    state = np.full((n, 3), int(LabelState.VISIBLE))
    for i, source in enumerate(sources):
        for keypoint in undefined.get(source, ()):
            state[i, SPACE.index(keypoint)] = LabelState.NOT_IN_DATASET
    xy[state < LabelState.OCCLUDED] = np.nan
    return Labels(
        space=SPACE,
        source=np.array(sources, dtype=object),
        image=np.array([str(i) for i in range(n)], dtype=object),
        image_size_px=np.tile(SIZE, (n, 1)),
        individual=np.full(n, "animal0", dtype=object),
        group=np.array([str(i) for i in range(n)], dtype=object),
        split=np.full(n, "train", dtype=object),
        box_xyxy_px=np.tile([0.0, 0.0, *map(float, SIZE)], (n, 1)),
        xy_px=xy,
        state=state,
        score=np.ones((n, 3)),
    )


def training_of(**changes):
    settings = {
        "masking": True,
        "steps": 30,
        "batch": 8,
        "learning_rate": 0.005,
        "weight_decay": 0.01,
        "warmup_steps": 2,
        "gradient_clip": 5.0,
        "ema_decay": 0.9,
        "sampling_temperature": 2.0,
        "bagging": False,
        "not_labeled_weight": 0.0,
        "frozen_batch_norm": False,
        "log_every_steps": 5,
        "precision": "float32",
        "early_stopping": None,
    }
    return TrainingSettings(**(settings | changes))


def augment_of(**changes):
    nothing = dict.fromkeys(AugmentSettings.model_fields, 0.0) | {"patch_mask": None}
    return AugmentSettings(**(nothing | changes))


def bundle_of(seed=0):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    return pyramid_bundle(SPACE, crop=square_crop(margin=1.0))


class DotWorld:
    """All of it under one name; a module of its own, so that other processes can import it."""

    space, read_image = SPACE, staticmethod(read_image)
    dots, labels = staticmethod(dots), staticmethod(labels_of)
    training, augment = staticmethod(training_of), staticmethod(augment_of)
    bundle = staticmethod(bundle_of)
