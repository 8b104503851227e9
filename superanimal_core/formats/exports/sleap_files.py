"""Poses in SLEAP's two files: the export for analysis, and a project with predicted instances.

Both are HDF5, written as the layout is published (SLEAP's "analysis" export; the .slp format 1.2).
Pixel centers are whole numbers. An animal is in a frame where one of its keypoints is; it has a
track of its own.
"""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy import ndarray

from superanimal_core.formats.exports.exported import ExportedPoses
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.atomic import replacing

FORMAT_ID = 1.2
PREDICTED, NO_INSTANCE = 1, -1
FRAMES = (
    *(("frame_id", "<u8"), ("video", "<u4"), ("frame_idx", "<u8")),
    *(("instance_id_start", "<u8"), ("instance_id_end", "<u8")),
)
INSTANCES = (
    *(("instance_id", "<i8"), ("instance_type", "u1"), ("frame_id", "<u8"), ("skeleton", "<u4")),
    *(("track", "<i4"), ("from_predicted", "<i8"), ("score", "<f4")),
    *(("point_id_start", "<u8"), ("point_id_end", "<u8"), ("tracking_score", "<f4")),
)
POINTS = (("x", "<f8"), ("y", "<f8"), ("visible", "?"), ("complete", "?"))
PREDICTED_POINTS = (*POINTS, ("score", "<f8"))


def write_sleap_analysis(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.analysis.h5`: arrays over all frames, in SLEAP's own order of axes."""
    poses, space = exported.poses, exported.poses.space
    is_there = np.isfinite(exported.xy_px).all(axis=-1)
    score = np.where(is_there, exported.score, np.nan)
    of_instance = _instance_scores(exported).T
    arrays: dict[str, Any] = {
        "tracks": exported.centered_px.transpose(1, 3, 2, 0),
        "point_scores": score.transpose(1, 2, 0),
        "instance_scores": of_instance,
        "tracking_scores": np.where(np.isfinite(of_instance), 0.0, np.nan),
        "track_occupancy": is_there.any(axis=2).astype(np.uint8),
        "node_names": _texts(space.keypoints),
        "track_names": _texts(poses.individuals),
        "edge_names": _texts([name for bone in space.bones for name in bone]).reshape(-1, 2),
        "edge_inds": _edges(space),
        "video_path": exported.file,
        "video_ind": np.int32(0),
        "labels_path": "",
        "provenance": json.dumps({"program": "superanimal"}),
    }
    with (
        replacing(folder / f"{exported.video}.analysis.h5") as temporary,
        h5py.File(temporary, "w") as file,
    ):
        for name, values in arrays.items():
            file[name] = values


def write_sleap_project(exported: ExportedPoses, folder: Path) -> None:
    """`<video>.slp`: a project of one video, which is looked for by its file's name."""
    poses, space = exported.poses, exported.poses.space
    is_there = np.isfinite(exported.xy_px).all(axis=-1)
    frame, individual = np.nonzero(is_there.any(axis=2))
    frames, first, count = np.unique(frame, return_index=True, return_counts=True)
    arrays = {
        "frames": _rows(
            FRAMES, np.arange(len(frames)), 0, frames, first, first + count, count=len(frames)
        ),
        "instances": _instances(exported, frame, individual, frames),
        "points": np.zeros(0, dtype=list(POINTS)),
        "pred_points": _points(exported, frame, individual),
        "videos_json": _texts([json.dumps(_video(exported))]),
        "tracks_json": _texts([json.dumps([0, name]) for name in poses.individuals]),
        "suggestions_json": np.zeros(0, dtype="S1"),
        "sessions_json": np.zeros(0, dtype="S1"),
    }
    with (
        replacing(folder / f"{exported.video}.slp") as temporary,
        h5py.File(temporary, "w") as file,
    ):
        about = file.create_group("metadata")
        about.attrs["format_id"] = FORMAT_ID
        about.attrs["json"] = np.bytes_(json.dumps(_metadata(space)).encode())
        for name, values in arrays.items():
            file[name] = values


def _instances(
    exported: ExportedPoses, frame: ndarray, individual: ndarray, frames: ndarray
) -> ndarray:
    number, keypoints = np.arange(len(frame)), len(exported.poses.space)
    score = _instance_scores(exported)[frame, individual]
    frame_id = np.searchsorted(frames, frame)
    start = number * keypoints
    return _rows(
        INSTANCES,
        *(number, PREDICTED, frame_id, 0, individual, NO_INSTANCE, score),
        *(start, start + keypoints, 0.0),
        count=len(frame),
    )


def _points(exported: ExportedPoses, frame: ndarray, individual: ndarray) -> ndarray:
    xy = exported.centered_px[frame, individual].reshape(-1, 2)
    is_there = np.isfinite(xy).all(axis=1)
    score = exported.score[frame, individual].ravel()
    return _rows(PREDICTED_POINTS, xy[:, 0], xy[:, 1], is_there, False, score, count=len(xy))


def _rows(fields: tuple[tuple[str, str], ...], *values: Any, count: int) -> ndarray:
    """A struct array, its fields filled in order; a single value stands in every row."""
    rows = np.zeros(count, dtype=list(fields))
    for (name, _), value in zip(fields, values, strict=True):
        rows[name] = value
    return rows


def _instance_scores(exported: ExportedPoses) -> ndarray:
    """(frame, individual): mean score of the keypoints that are there; NaN for an absent animal."""
    is_there = np.isfinite(exported.xy_px).all(axis=-1)
    count = is_there.sum(axis=2)
    total = np.where(is_there, exported.score, 0.0).sum(axis=2)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _edges(space: KeypointSpace) -> ndarray:
    pairs = [(space.index(a), space.index(b)) for a, b in space.bones]
    return np.array(pairs, dtype=np.int32).reshape(-1, 2)


def _video(exported: ExportedPoses) -> dict[str, Any]:
    backend = {"type": "MediaVideo", "filename": exported.file, "grayscale": False}
    return {"filename": exported.file, "backend": backend | {"bgr": True, "dataset": ""}}


def _metadata(space: KeypointSpace) -> dict[str, Any]:
    """The skeleton, as SLEAP's own serializer writes a graph."""
    nodes = [{"id": i} for i in range(len(space))]
    links = [(*pair, 1) for pair in _edges(space).tolist()]
    mirrored = [(space.index(a), space.index(b)) for a, b in space.mirror_pairs]
    links += [(*pair, 2) for one in mirrored for pair in (one, one[::-1])]
    graph = {
        "directed": True,
        "graph": {"name": space.name, "num_edges_inserted": len(space.bones)},
        "links": [*_links(links)],
        "multigraph": True,
        "nodes": nodes,
    }
    return {
        "version": "2.0.0",
        "skeletons": [graph],
        "nodes": [{"name": name, "weight": 1.0} for name in space.keypoints],
        "videos": [],
        "tracks": [],
        "suggestions": [],
        "negative_anchors": {},
        "provenance": {"program": "superanimal"},
    }


def _links(links: list[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """Edges with their type, written out the first time and referred to later (2: of mirrors)."""
    seen: list[int] = []
    rows = []
    for number, (source, target, kind) in enumerate(links):
        if kind not in seen:
            seen.append(kind)
            said = {"py/reduce": [{"py/type": "sleap.skeleton.EdgeType"}, {"py/tuple": [kind]}]}
        else:
            said = {"py/id": seen.index(kind) + 1}
        rows.append({"key": 0, "source": source, "target": target, "type": said}
                    | ({"edge_insert_idx": number} if kind == 1 else {}))  # fmt: skip
    return rows


def _texts(names: Any) -> ndarray:
    """Texts as fixed-length bytes, which is what readers of both files take."""
    encoded = [str(name).encode() for name in names]
    return np.array(encoded, dtype=f"S{max(map(len, encoded), default=1) or 1}")
