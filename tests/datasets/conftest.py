"""What the tests of data sets share: a data set in memory, hand-made labels, real sets if there."""

import csv
import fnmatch
import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.headed_table import parse_headed_csv
from superanimal_core.errors import DatasetError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState


class MemoryFolder:
    """A data set in memory: documents by name (text, or JSON content), images by name and size."""

    def __init__(self, documents=None, images=None):
        self.documents = documents or {}
        self.images = images or {}
        self.turns = {}

    def names(self, pattern):
        return sorted(fnmatch.filter([*self.documents, *self.images], pattern))

    files = names

    def has(self, name):
        return split_frame_name(name)[0] in (self.documents | self.images)

    def text(self, name):
        return self.documents[name]

    def json(self, name):
        return json.loads(json.dumps(self.documents[name]))

    def table(self, name):
        return parse_headed_csv(self.documents[name], self.where(name))

    def arrays(self, name, wanted):
        return {key: self.documents[name][key] for key in wanted if key in self.documents[name]}

    def columns(self, name):
        header, *rows = csv.reader(io.StringIO(self.documents[name]))
        return {key: [row[i] for row in rows] for i, key in enumerate(header)}

    def array_names(self, name):
        return sorted(key for key in self.documents[name] if "@" not in key)

    def image_size_px(self, name):
        if not self.has(name):
            raise DatasetError(f"{self.where(name)}: no such image")
        return self.images.get(split_frame_name(name)[0], (640, 480))

    def orientation(self, name):
        return self.turns.get(name, 1)

    def is_video(self, name):
        return name in self.images and not name.endswith((".png", ".jpg"))

    def where(self, name):
        return f"memory/{name}" if name else "memory"


@pytest.fixture(scope="session")
def memory_folder():
    return MemoryFolder


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data sets; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent (set SUPERANIMAL_SHARED): needs real data")
    return folder


def make_labels(keypoints=("a", "b"), groups=("g",), per_group=2, seed=0, **changes):
    """Random hand labels with every state, one animal per image."""
    random = np.random.default_rng(seed)
    n, k = len(groups) * per_group, len(keypoints)
    state = random.integers(0, 4, (n, k))
    xy = random.uniform(0, 100, (n, k, 2))
    xy[state < LabelState.OCCLUDED] = np.nan
    group = np.repeat(np.array(groups, dtype=object), per_group)
    image = np.array([f"{g}/img{i % per_group}.png" for i, g in enumerate(group)], dtype=object)
    parts = {
        "space": KeypointSpace("space", tuple(keypoints)),
        "source": np.full(n, "set", dtype=object),
        "image": image,
        "image_size_px": np.tile([100, 80], (n, 1)),
        "individual": np.full(n, "animal0", dtype=object),
        "group": group,
        "split": np.full(n, "", dtype=object),
        "box_xyxy_px": np.full((n, 4), np.nan),
        "xy_px": xy,
        "state": state,
        "score": np.ones((n, k)),
    }
    return Labels(**(parts | changes))


@pytest.fixture(scope="session")
def labels_of():
    return make_labels


def same_labels(first, second):
    """True when two label sets say the same, row by row."""
    fields = ("source", "image", "image_size_px", "individual", "group", "split", "state", "score")
    close = (
        np.allclose(getattr(first, f), getattr(second, f), atol=1e-9, equal_nan=True)
        for f in ("xy_px", "box_xyxy_px")
    )
    return (
        first.space.keypoints == second.space.keypoints
        and all(np.array_equal(getattr(first, f), getattr(second, f)) for f in fields)
        and all(close)
    )


@pytest.fixture(scope="session")
def are_same():
    return same_labels
