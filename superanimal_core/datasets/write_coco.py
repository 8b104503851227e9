"""`Labels` -> a COCO keypoint document, for other tools to train on."""

import numpy as np

from superanimal_core.pose.boxes import boxes_from_keypoints
from superanimal_core.pose.labels import Labels, LabelState

_V_OF_STATE = {
    LabelState.NOT_IN_DATASET: -1,
    LabelState.NOT_LABELED: 0,
    LabelState.OCCLUDED: 1,
    LabelState.VISIBLE: 2,
    LabelState.TAUGHT: 2,
}


def to_coco(labels: Labels) -> dict[str, object]:
    """A COCO document of labels that `parse_coco` reads back equal.

    `video`, `split` and `individual` are kept in keys of those names, scores other than 1 in
    `label_scores`. COCO tools need a box, so an unknown one is written around the known keypoints
    and marked `bbox_from_keypoints`. TAUGHT becomes VISIBLE: COCO has no word for it.
    """
    number = {name: i for i, name in enumerate(dict.fromkeys(labels.image))}
    first = {name: row for row, name in reversed(list(enumerate(labels.image)))}
    space = labels.space
    return {
        "images": [
            {
                "id": i,
                "file_name": name,
                "width": int(labels.image_size_px[first[name], 0]),
                "height": int(labels.image_size_px[first[name], 1]),
                "video": str(labels.group[first[name]]),
                "split": str(labels.split[first[name]]),
            }
            for name, i in number.items()
        ],
        "annotations": [
            {"id": row, "image_id": number[labels.image[row]], **_annotation(labels, row)}
            for row in range(len(labels))
        ],
        "categories": [
            {
                "id": 1,
                "name": space.name,
                "supercategory": "animal",
                "keypoints": list(space.keypoints),
                "skeleton": [[space.index(a) + 1, space.index(b) + 1] for a, b in space.bones],
            }
        ],
    }


def _annotation(labels: Labels, row: int) -> dict[str, object]:
    box, is_derived = labels.box_xyxy_px[row], False
    if np.isnan(box).any():
        box, is_derived = boxes_from_keypoints(labels.xy_px[row], margin_px=0.0), True
    x0, y0, x1, y1 = (float(side) for side in np.nan_to_num(box))
    triples: list[float] = []
    for (x, y), state in zip(labels.xy_px[row], labels.state[row], strict=True):
        v = _V_OF_STATE[LabelState(state)]
        triples += [float(x - 0.5), float(y - 0.5), v] if v > 0 else [min(v, 0), min(v, 0), v]
    more: dict[str, object] = {"bbox_from_keypoints": True} if is_derived else {}
    if (labels.score[row] != 1).any():
        more["label_scores"] = [float(score) for score in labels.score[row]]
    return {
        "category_id": 1,
        "individual": str(labels.individual[row]),
        "keypoints": triples,
        "num_keypoints": int(labels.is_located[row].sum()),
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": (x1 - x0) * (y1 - y0),
        "iscrowd": 0,
        **more,
    }
