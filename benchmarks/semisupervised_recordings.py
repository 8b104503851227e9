"""What semisupervised.py learns from: Lightning Pose's mirror mouse, and a camera that is drawn."""

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from superanimal_core.formats.foreign import read_foreign
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.synthetic.casting import mouse_video_scene
from superanimal_core.synthetic.labs import LABS, lab_images
from superanimal_core.synthetic.mouse import MOUSE_KEYPOINTS
from superanimal_core.synthetic.scene import render_frames

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "demo"))
from drawn_study import write_synthetic_video  # noqa: E402

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", ROOT.parent / "shared")) / "data"
PAWS = tuple(f"paw{paw}_{view}" for view in ("top", "bot") for paw in ("1LH", "2LF", "3RF", "4RH"))
PICTURES, FRAMES, FPS, SIZE_PX = 30, 300, 30.0, (320, 240)  # pictures of each of three labs
CAMERA_SEED = 100


@dataclass(frozen=True)
class Recording:
    """Labeled images, whole frames, and a video that nobody labeled.

    `pose` are the keypoints whose subspace is learned from many labels, `pose_of_few` from few;
    `mirrors` the endings of views. `truth_px` is known in every frame of the drawn camera's video.
    """

    labels: Labels
    video: str
    pose: tuple[str, ...]
    pose_of_few: tuple[str, ...]
    mirrors: tuple[str, ...]
    flip: float
    truth_px: np.ndarray | None = None


def recording(name: str, folder: str) -> Recording:
    """`mirror_mouse`, or `camera`, whose pictures and video are drawn into the folder once."""
    return mirror_mouse() if name == "mirror_mouse" else drawn_camera(folder)


@cache
def mirror_mouse() -> Recording:
    """90 labeled images of two views each, and 994 frames (SUPERANIMAL_SHARED)."""
    folder = SHARED / "mirror_mouse"
    labels = read_foreign("mirror_mouse", str(folder), "lightning_pose")
    labels = labels.select(labels.is_located.any(axis=1))
    names = tuple(name for name in labels.space.keypoints if not name.startswith("obs"))
    video = str(folder / "videos" / "test_vid.mp4")
    return Recording(in_whole_frames(labels), video, names, PAWS, ("top", "bot"), flip=0.0)


@cache
def drawn_camera(folder: str) -> Recording:
    """Labeled pictures of three labs, and the video of a camera that is none of theirs."""
    place = Path(folder)
    pictures = [
        (f"{lab.name}-{number}", picture.frame)
        for lab in LABS
        if lab.animal == "mouse"
        for number, picture in enumerate(lab_images(lab, PICTURES, SIZE_PX, 0))
    ]
    for name, frame in pictures:
        file = place / f"{name}.png"
        if not file.exists():
            cv2.imwrite(str(file), cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
    scene, video = mouse_video_scene(CAMERA_SEED, FRAMES / FPS), place / "camera.mp4"
    if not video.exists():
        write_synthetic_video(scene, video, FPS, FRAMES)
    truth = [frame.xy_px for frame in render_frames(scene, np.arange(FRAMES) / FPS)]
    labels = known_labels(
        [str(place / f"{name}.png") for name, _ in pictures],
        np.stack([frame.xy_px for _, frame in pictures]),
    )
    names = labels.space.keypoints
    return Recording(labels, str(video), names, names, (), flip=0.5, truth_px=np.stack(truth))


def known_labels(images: list[str], xy_px: np.ndarray) -> Labels:
    """Labels of pictures whose truth is known; what lies beyond a picture is not labeled."""
    space, n = KeypointSpace("mouse", tuple(MOUSE_KEYPOINTS)), len(images)
    is_inside = ((xy_px >= 0) & (xy_px < SIZE_PX)).all(axis=2)
    state = np.where(is_inside, int(LabelState.VISIBLE), int(LabelState.NOT_LABELED))
    labels = Labels(
        space,
        np.full(n, "labs"),
        np.array(images, object),
        np.tile(SIZE_PX, (n, 1)),
        np.full(n, "animal0"),
        np.arange(n).astype(str),
        np.full(n, "train"),
        np.full((n, 4), np.nan),
        np.where(is_inside[..., None], xy_px, np.nan),
        state,
        np.ones(state.shape),
    )
    return in_whole_frames(labels)


def in_whole_frames(labels: Labels) -> Labels:
    """The same labels, the whole image the box of each."""
    size = labels.image_size_px.astype(float)
    labels.box_xyxy_px[:] = np.concatenate([np.zeros_like(size), size], axis=1)
    return labels
