"""Two real data sets with keypoints that no mouse from above has: a mouse from the side, a fly."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import h5py
import numpy as np
from study_files import write_config, write_sheet

from superanimal_core.tables.atomic import replacing

FLY = "deepposekit_fly"
MIRROR_MOUSE = "mirror_mouse"
MIRROR_MOUSE_PAIRS = [
    (f"{left}_{view}", f"{right}_{view}")
    for view in ("top", "bot")
    for left, right in (("paw1LH", "paw4RH"), ("paw2LF", "paw3RF"))
]


def write_own_keypoints(folder: Path, shared: Path, here: Path) -> list[tuple[str, ...]]:
    """Two sets with keypoints that no mouse from above has, their spaces, and their rows."""
    mouse = [row.split(",") for row in read_lines(shared / MIRROR_MOUSE / "CollectedData.csv")]
    names = list(dict.fromkeys(mouse[1][1:]))
    write_space(folder, MIRROR_MOUSE, names, MIRROR_MOUSE_PAIRS)
    fly = [row.split(",") for row in read_lines(shared / FLY / "skeleton_fly.csv")]
    names = [row[0] for row in fly[1:]]
    sides = [(left, left.replace("L", "R")) for left in names if left.replace("L", "R") != left]
    write_space(folder, FLY, names, [pair for pair in sides if pair[1] in names])
    write_fly(shared / FLY / "annotations.h5", names, folder / "datasets" / FLY)
    return [
        (MIRROR_MOUSE, str(here / MIRROR_MOUSE), "lightning_pose", MIRROR_MOUSE, "evaluate"),
        (FLY, f"datasets/{FLY}", "deeplabcut", FLY, "evaluate"),
    ]


def read_lines(file: Path) -> list[str]:
    """The lines of a text file."""
    return file.read_text(encoding="utf-8").splitlines()


def write_space(
    folder: Path, name: str, keypoints: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> None:
    """A keypoint space, and the table that takes its data set's words as they are."""
    spaces = folder / "config" / "keypoints"
    document = {"name": name, "keypoints": [*keypoints], "mirror_pairs": [[*p] for p in pairs]}
    write_config(document, spaces / f"{name}.yaml")
    rows = [("source", "unified"), *((keypoint, keypoint) for keypoint in keypoints)]
    write_sheet(rows, spaces / name / f"{name}.tsv")


def write_fly(annotations: Path, names: Sequence[str], target: Path) -> None:
    """Pictures of a fly and their points as a DeepLabCut folder."""
    if target.is_dir():
        return
    with h5py.File(annotations) as file:
        images, points_px = np.asarray(file["images"]), np.asarray(file["annotations"])
    with replacing(target) as temporary:
        place = temporary / "labeled-data" / "fly"
        place.mkdir(parents=True)
        table = [
            ["scorer", *["network"] * (2 * len(names))],
            ["bodyparts", *np.repeat(names, 2)],
            ["coords", *["x", "y"] * len(names)],
        ]
        for number, (image, xy_px) in enumerate(zip(images, points_px, strict=True)):
            file_name = f"img{number:03d}.png"
            cv2.imwrite(str(place / file_name), image)
            table.append([f"labeled-data/fly/{file_name}", *map(str, xy_px.reshape(-1))])
        text = "".join(",".join(row) + "\n" for row in table)
        (place / "CollectedData_network.csv").write_text(text, encoding="utf-8")
