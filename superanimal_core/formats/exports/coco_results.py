"""Poses as COCO's results of keypoints: what pycocotools' `loadRes` takes.

One entry for each animal in each frame; `image_id` is the number of the frame. Keypoints have pixel
centers at whole numbers, as COCO's labels, and their score in the third place; an absent one is
(0, 0, 0).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.tables.atomic import replacing

CATEGORY = 1


def write_coco_results(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.json`."""
    with replacing(folder / f"{exported.video}.json") as temporary:
        temporary.write_text(json.dumps(coco_results(exported)), encoding="utf-8")


def coco_results(exported: ExportedPoses) -> list[dict[str, Any]]:
    """The entries, frame by frame; animals that are absent have none."""
    triples = np.concatenate([exported.centered_px, exported.score[..., None]], axis=-1)
    is_there = np.isfinite(triples).all(axis=-1)
    triples = np.where(is_there[..., None], triples, 0.0).round(4)
    return [
        {
            "image_id": int(frame),
            "category_id": CATEGORY,
            "keypoints": triples[frame, individual].ravel().tolist(),
            "score": float(exported.score[frame, individual][is_there[frame, individual]].mean()),
            "individual": exported.poses.individuals[individual],
        }
        for frame, individual in zip(*np.nonzero(is_there.any(axis=2)), strict=True)
    ]
