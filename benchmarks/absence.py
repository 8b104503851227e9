"""Where no animal is: empty arenas, visitors, cloths, keypoints out of view; and steady boxes.

    python benchmarks/absence.py [STUDY] [--before STUDY] [--min-score 0.3] [--quick]

Of the detectors of a finished study with the demo's models (demo-study, after `make demo`), and of
those of another one to compare with. One line per figure, with its target. Pictures and videos are
drawn here and no training saw them; real ones come from SUPERANIMAL_SHARED, where it is there.
"""

import argparse
import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import torch

from superanimal_core.inference.detect_where_needed import detected_boxes
from superanimal_core.inference.out_of_view import is_out_of_view
from superanimal_core.inference.passes import Ensemble
from superanimal_core.media.images import read_image
from superanimal_core.models.bundles import read_bundle, read_detector
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.detector import DetectorBundle, detect
from superanimal_core.network.devices import use_device
from superanimal_core.pose.boxes import box_iou, expand_boxes, longer_side_px
from superanimal_core.synthetic.casting import (
    empty_scene_picture,
    mouse_video_scene,
    quadruped_video_scene,
    visiting_mouse_scene,
)
from superanimal_core.synthetic.labs import LABS, lab_images
from superanimal_core.synthetic.scene import Frame, render_frames

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
ARENAS = {
    "mouse": ("arena", "bedding", "wood", "tiles"),
    "quadruped": ("meadow", "fence", "walkway", "room"),
}
REAL_VIDEOS = {
    "open field": "openfield/videos/m3v1mp4.mp4",
    "three mice": "mabe_mice/video.mp4",
    "mirror mouse": "mirror_mouse/videos/test_vid.mp4",
}
FPS, STEADY_FPS = 25.0, 50.0
SIZE_PX = (320, 240)
SAME = 0.5  # overlap from which a box is the animal's
RIGHT = 0.1  # of the box's longer side
GIVEN = 0.1  # score from which smoothing takes a keypoint
Image = np.ndarray


def main() -> None:
    """Print the figures of each study's detectors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", nargs="?", type=Path, default=Path("demo-study"))
    parser.add_argument("--before", type=Path, help="a study to compare with")
    parser.add_argument("--min-score", type=float, default=0.3, help="detector.min_score")
    parser.add_argument("--quick", action="store_true", help="fewer pictures and videos")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    use_device(options.threads, seed=0)
    for study in filter(None, (options.before, options.study)):
        models = study / "results" / "models"
        for animal in ("mouse", "quadruped"):
            if not (models / animal / "detector").is_dir():
                print(f"{study}: no detector of '{animal}'; run `make demo` first")
                continue
            print(f"{study}, {animal}, boxes from a score of {options.min_score} on")
            measure(models / animal, animal, options.min_score, 1 if options.quick else 3)


def measure(model: Path, animal: str, min_score: float, size: int) -> None:
    """The figures of one model; `size` times as many pictures and videos as a quick look has."""
    detector = read_detector(model / "detector")
    found, hit = recall(detector, animal, min_score, 30 * size)
    tell("animals of new pictures found", found, "not below --before")
    tell("... in a box that overlaps theirs by half", hit, "not below --before")
    empties = [
        empty_scene_picture(seed, kind) for kind in ARENAS[animal] for seed in range(5 * size)
    ]
    count_animals(detector, "drawn empty arenas", empties, min_score)
    if SHARED.is_dir() and animal == "mouse":
        for name, file in REAL_VIDEOS.items():
            picture = median_picture(SHARED / file)
            count_animals(detector, f"median over time, {name}", [picture], min_score)
    if SHARED.is_dir() and animal == "quadruped":
        surroundings = list(surroundings_of_dogs(SHARED / "stanford_dogs"))
        count_animals(detector, "surroundings of dogs", surroundings, min_score)
    if animal == "mouse":
        visits = [visit(seed) for seed in range(20, 20 + 2 * size)]
        for every in ("auto", 1):
            told_absence(detector, visits, min_score, every)
        told_cloths(detector, visits, min_score)
        told_out_of_view(read_bundle(model / "member-0"), visits)
    told_steadiness(detector, animal, 50 * size)


def tell(name: str, value: float, target: str) -> None:
    """One line."""
    print(f"  {name}: {value:.4f} (target: {target})", flush=True)


def best_boxes(detector: DetectorBundle, images: Sequence[Image]) -> tuple[Any, Any]:
    """The best box of each picture and its score; NaN and 0 where there is none."""
    boxes, scores = np.full((len(images), 4), np.nan), np.zeros(len(images))
    for start in range(0, len(images), 16):
        some = detect(detector, images[start : start + 16], torch.device("cpu"))
        for number, (box, score) in enumerate(some, start=start):
            if len(box):
                boxes[number], scores[number] = box[0], score[0]
    return boxes, scores


def recall(
    detector: DetectorBundle, animal: str, min_score: float, pictures: int
) -> tuple[float, float]:
    """Parts of the animals of each lab, in places never seen, that are found at all, and well."""
    labs = [lab for lab in LABS if lab.animal == animal]
    frames = [p.frame for lab in labs for p in lab_images(lab, pictures, SIZE_PX, seed=1000)]
    boxes, scores = best_boxes(detector, [frame.image for frame in frames])
    overlap = [
        box_iou(box[None], f.box_xyxy_px[None])[0, 0] for box, f in zip(boxes, frames, strict=True)
    ]
    found = scores >= min_score
    return float(found.mean()), float((found & (np.array(overlap) >= SAME)).mean())


def count_animals(
    detector: DetectorBundle, name: str, pictures: Sequence[Image], min_score: float
) -> None:
    """In how many pictures without an animal one is found."""
    _, scores = best_boxes(detector, pictures)
    wrong = int((scores >= min_score).sum())
    print(
        f"  {name}: an animal in {wrong} of {len(pictures)}, best score {scores.max():.2f} "
        "(target: 0)",
        flush=True,
    )


def median_picture(path: Path, frames: int = 40) -> Image:
    """The median over time of a video, without what moves."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        every = max(stream.frames // frames, 1)
        decoded = enumerate(container.decode(stream))
        taken = [f.to_ndarray(format="rgb24") for i, f in decoded if i % every == 0]
    return np.median(np.stack(taken), axis=0).astype(np.uint8)


def surroundings_of_dogs(folder: Path) -> Iterator[Image]:
    """Of each photograph the widest strip beside the dog, where it is 64 pixels wide."""
    document = json.loads((folder / "coco.json").read_text())
    boxes = {each["image_id"]: each["bbox"] for each in document["annotations"]}
    for image in document["images"]:
        x, y, width, height = map(round, boxes[image["id"]])
        name = image["file_name"]
        pixels = read_image(
            str(folder / name if (folder / name).exists() else folder / "images" / name)
        )
        strips = pixels[:y], pixels[y + height :], pixels[:, :x], pixels[:, x + width :]
        widest = max(strips, key=lambda strip: min(strip.shape[:2]))
        if min(widest.shape[:2]) >= 64:
            yield np.ascontiguousarray(widest)


def visit(seed: int) -> list[Frame]:
    """Twelve seconds of a mouse that leaves the picture and comes back."""
    return list(render_frames(visiting_mouse_scene(seed, 12.0), np.arange(12 * FPS) / FPS))


def parts_in_view(frames: Sequence[Frame]) -> np.ndarray:
    """The part of the keypoints that is inside the picture, in each frame."""
    xy = np.stack([frame.xy_px for frame in frames])
    return np.asarray(((xy >= 0) & (xy < SIZE_PX)).all(axis=2).mean(axis=1))


def told_absence(
    detector: DetectorBundle,
    visits: Sequence[Sequence[Frame]],
    min_score: float,
    every: int | Literal["auto"],
) -> None:
    """As a study finds boxes: gaps are bridged, and a box is held at the video's ends."""
    told, gone, there = [], [], []
    for frames in visits:
        source = detected_boxes(
            detector,
            np.arange(len(frames)) / FPS,
            max_individuals=1,
            min_score=min_score,
            every_frames=every,
            max_gap_s=0.5,
            batch=16,
            device=torch.device("cpu"),
        )
        boxed = source.boxed((frame.image for frame in frames), 0)
        told.append([not np.isfinite(each.boxes_xyxy_px).all() for each in boxed])
        gone.append([np.isnan(frame.box_xyxy_px).all() for frame in frames])
        there.append(parts_in_view(frames) >= 0.5)
    absent, is_there = np.concatenate(told), np.concatenate(there)
    looks = f"looks at frames: {every}; "
    tell(f"{looks}absent frames told", absent[np.concatenate(gone)].mean(), "0.98 at least")
    tell(f"{looks}false absence, half of it in view", absent[is_there].mean(), "at most 0.01")


def told_cloths(
    detector: DetectorBundle, visits: Sequence[Sequence[Frame]], min_score: float
) -> None:
    """Every eighth frame, the animal under a flat cloth."""
    generator, covered = np.random.default_rng(0), []
    for frames in visits:
        for frame in (f for f in frames[::8] if np.isfinite(f.box_xyxy_px).all()):
            x0, y0, x1, y1 = expand_boxes(frame.box_xyxy_px, 1.25).astype(int)
            image = frame.image.copy()
            image[max(y0, 0) : y1, max(x0, 0) : x1] = generator.integers(30, 220, 3)
            covered.append(image)
    count_animals(detector, "animals under a cloth", covered, min_score)


def told_out_of_view(bundle: ModelBundle, visits: Sequence[Sequence[Frame]]) -> None:
    """In true boxes of frames that show at least a fifth of the animal's keypoints."""
    shown = [
        frame
        for frames in visits
        for frame, part in zip(frames, parts_in_view(frames), strict=True)
        if part >= 0.2
    ]
    ensemble = Ensemble([bundle], 16, "float32", torch.device("cpu"))
    [poses] = ensemble.poses([ensemble.views_of(f.image, f.box_xyxy_px) for f in shown])
    names = [bundle.space.index(name) for name in visiting_mouse_scene(0, 1.0).animal.keypoints]
    xy_px, score = (np.stack(each)[:, names] for each in zip(*poses, strict=True))
    boxes, true_px = (np.stack([getattr(f, n) for f in shown]) for n in ("box_xyxy_px", "xy_px"))
    told = is_out_of_view(xy_px, score, boxes, np.array(SIZE_PX))
    is_out = ~((true_px >= 0) & (true_px < SIZE_PX)).all(axis=2)
    is_right = np.linalg.norm(xy_px - true_px, axis=2) < RIGHT * longer_side_px(boxes)[:, None]
    is_right &= np.stack([frame.is_visible for frame in shown])
    given = score >= GIVEN
    tell("out of view, yet given by the network", given[is_out].mean(), "few")
    tell("... and not told as out of view", (given & ~told)[is_out].mean(), "few")
    tell("rightly seen, yet called out of view", told[is_right].mean(), "at most 0.01")


def told_steadiness(detector: DetectorBundle, animal: str, frames: int) -> None:
    """Boxes in the same video, compressed little and much."""
    time_s = np.arange(frames) / STEADY_FPS
    scene = (
        mouse_video_scene(3, time_s[-1])
        if animal == "mouse"
        else quadruped_video_scene(3, time_s[-1], 560)
    )
    images = [frame.image for frame in render_frames(scene, time_s)]
    little, much = (best_boxes(detector, compressed(images, crf))[0] for crf in (18, 30))
    moved = np.abs(little - much).max(axis=1) / longer_side_px(little)
    tell("box moved by compression, median of its side", float(np.nanmedian(moved)), "0.005")
    tell("... at most", float(np.nanmax(moved)), "0.03")


def compressed(images: Sequence[Image], crf: int) -> list[Image]:
    """Pictures after a way through H.264."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=round(STEADY_FPS))
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(crf), "preset": "veryfast", "x264-params": "threads=1"}
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


if __name__ == "__main__":
    main()
