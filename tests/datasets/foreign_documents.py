"""Labels written as other tools write them: the inverse of the readers, for tests alone."""

import json

import h5py
import numpy as np

from superanimal_core.datasets.stanford_extra import KEYPOINTS as DOG
from superanimal_core.pose.labels import LabelState


def animals_of(labels):
    """(image, rows) in the order of the labels."""
    for image in dict.fromkeys(labels.image):
        yield image, np.flatnonzero(labels.image == image)


def points_of(labels, row):
    """(keypoint, x, y, state) of the located points of one animal."""
    for k, keypoint in enumerate(labels.space.keypoints):
        if labels.state[row, k] >= LabelState.OCCLUDED:
            yield keypoint, *labels.xy_px[row, k].tolist(), labels.state[row, k]


def label_studio(labels):
    """One task per image, one rectangle per animal with its keypoints as children."""
    tasks = []
    for number, (image, rows) in enumerate(animals_of(labels)):
        width, height = labels.image_size_px[rows[0]].tolist()
        size = {"original_width": width, "original_height": height}
        result = []
        for row in rows:
            x0, y0, x1, y1 = labels.box_xyxy_px[row].tolist()
            box = {"x": x0 / width * 100, "y": y0 / height * 100, "rectanglelabels": ["mouse"]}
            box |= {"width": (x1 - x0) / width * 100, "height": (y1 - y0) / height * 100}
            result.append({"id": f"r{row}", "type": "rectanglelabels", "value": box, **size})
            for k, x, y, _ in points_of(labels, row):
                value = {"x": x / width * 100, "y": y / height * 100, "width": 0.3}
                value |= {"keypointlabels": [k]}
                item = {"id": f"{row}{k}", "type": "keypointlabels", "value": value, **size}
                result.append(item | {"parentID": f"r{row}"})
        address = f"/data/local-files/?d=lab/set/{image}"
        annotations = [{"was_cancelled": True, "result": []}, {"result": result}]
        tasks.append({"id": number, "data": {"image": address}, "annotations": annotations})
    return json.dumps(tasks)


def cvat(labels):
    """One skeleton per animal, its box in the same group."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations><version>1.1</version>"]
    names = "".join(f"<label><name>{k}</name></label>" for k in labels.space.keypoints)
    lines.append(f"<meta><task><labels>{names}</labels></task></meta>")
    for number, (image, rows) in enumerate(animals_of(labels)):
        width, height = labels.image_size_px[rows[0]]
        lines.append(f'<image id="{number}" name="{image}" width="{width}" height="{height}">')
        for row in rows:
            group = f'group_id="{row + 1}"'
            sides = zip(("xtl", "ytl", "xbr", "ybr"), labels.box_xyxy_px[row], strict=True)
            corners = " ".join(f'{name}="{float(value)!r}"' for name, value in sides)
            lines.append(f'<box label="mouse" {corners} {group}/><skeleton label="m" {group}>')
            for k, x, y, state in points_of(labels, row):
                hidden = int(state == LabelState.OCCLUDED)
                lines.append(
                    f'<points label="{k}" occluded="{hidden}" outside="0" points="{x!r},{y!r}"/>'
                )
            lines.append("</skeleton>")
        lines.append("</image>")
    return "\n".join([*lines, "</annotations>"])


def long_table(labels):
    """A CSV with all optional columns."""
    lines = ["image,individual,keypoint,x,y,visibility,group,split,x0,y0,x1,y1"]
    for row in range(len(labels)):
        about = f"{labels.group[row]},{labels.split[row]},"
        about += ",".join(repr(float(side)) for side in labels.box_xyxy_px[row])
        for k, keypoint in enumerate(labels.space.keypoints):
            x, y = (labels.xy_px[row, k] - 0.5).tolist()
            state = int(labels.state[row, k])
            where = f"{x!r},{y!r},{state - 1}" if state >= LabelState.OCCLUDED else ",,0"
            name = f"{labels.image[row]},{labels.individual[row]},{keypoint}"
            lines.append(f"{name},{where},{about}")
    return "\n".join(lines) + "\n"


def stanford_extra(labels):
    """One dog per entry; the keypoints are those of the format."""
    dogs = []
    for row in range(len(labels)):
        joints = [[0.0, 0.0, 0.0]] * len(DOG)
        for k, x, y, _ in points_of(labels, row):
            joints[DOG.index(k)] = [x - 0.5, y - 0.5, 1.0]
        x0, y0, x1, y1 = labels.box_xyxy_px[row].tolist()
        box = [x0, y0, x1 - x0, y1 - y0]
        dogs.append({"img_path": labels.image[row], "joints": joints, "img_bbox": box})
    return json.dumps(dogs)


def write_analysis(path, xy_px, nodes, scores=None):
    """A SLEAP analysis file of positions (frame, track, node, 2)."""
    with h5py.File(path, "w") as file:
        file["tracks"] = np.moveaxis(xy_px - 0.5, (0, 1, 2, 3), (3, 0, 2, 1))
        file["node_names"] = np.array([n.encode() for n in nodes])
        file["track_names"] = np.array([f"t{i}".encode() for i in range(xy_px.shape[1])])
        if scores is not None:
            file["point_scores"] = np.moveaxis(scores, (0, 1, 2), (2, 0, 1))


def write_nwb_estimates(path, xy_px, nodes, scores):
    """The PoseEstimation of one subject: positions (frame, node, 2)."""
    with h5py.File(path, "w") as file:
        pose = file.create_group("processing/behavior/mouse1")
        for k, node in enumerate(nodes):
            series = pose.create_group(node)
            series.attrs["neurodata_type"] = "PoseEstimationSeries"
            series["data"], series["confidence"] = xy_px[:, k] - 0.5, scores[:, k]
        file["processing/behavior/Skeletons/s/nodes"] = np.array(nodes, dtype="O")
        pose["skeleton"] = h5py.SoftLink("/processing/behavior/Skeletons/s")


def write_nwb_training(path, frames, nodes):
    """PoseTraining: frame number -> instances of (positions (node, 2), visibility (node,))."""
    with h5py.File(path, "w") as file:
        training = file.create_group("processing/behavior/PoseTraining/training_frames")
        for number, (frame, instances) in enumerate(frames.items()):
            group = training.create_group(f"frame_{number}")
            group["source_video_frame_index"] = np.uint64(frame)
            for i, (xy_px, visible) in enumerate(instances):
                instance = group.create_group(f"skeleton_instances/instance_{i}")
                instance["node_locations"], instance["node_visibility"] = xy_px - 0.5, visible
        text = h5py.string_dtype()
        file["processing/behavior/Skeletons/s/nodes"] = np.array(nodes, dtype=text)
