"""A study of drawn pupils on the real Snakefile: the space and the smoothing method `pupil`."""

import json

import av
import cv2
import numpy as np
import pytest
import yaml
from tiny_study import run_snakemake

from superanimal_core.tables.parquet import read_parquet, read_record
from superanimal_core.tables.pose_files import read_expected_error, read_smoothed

WIDTH, HEIGHT, FRAMES = 96, 64, 24
SETTINGS = {
    "models": {
        "eye": {
            "space": "pupil",
            "seeds": [0],
            "backbone": "lcnet_035",
            "detector_weights": "whole_frame",
            "input_size_px": 64,
        }
    },
    "network": {"decoder_channels": 8},
    "training": {"steps": 40, "batch": 4, "warmup_steps": 1, "learning_rate": 0.01},
    "adaptation": {"enabled": False},
    "smoothing": {"method": "pupil", "min_score": 0.0},
}


def eye(x, y, radius):
    """A gray eye with a dark pupil."""
    picture = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    return cv2.circle(picture, (round(x), round(y)), round(radius), (20, 20, 20), -1)


def write_study(study):
    """A document of drawn eyes, each a group of its own, and a video of one that moves."""
    for folder in ("config/keypoints/pupil", "eyes", "raw"):
        (study / folder).mkdir(parents=True)
    names = ["pupil_top", "pupil_bottom", "pupil_right", "pupil_left"]
    rng = np.random.default_rng(0)
    images, animals = [], []
    for i, (x, y, r) in enumerate(rng.uniform((30, 22, 6), (66, 42, 14), size=(80, 3)).round()):
        file = f"eye{'abcdefghij'[i % 10]}/{i}.png"
        (study / "eyes" / file).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(study / "eyes" / file), eye(x, y, r))
        images.append({"id": i, "file_name": file, "width": WIDTH, "height": HEIGHT})
        points = [x, y - r, 2, x, y + r, 2, x + r, y, 2, x - r, y, 2]
        box = [x - r, y - r, 2 * r, 2 * r]
        animals.append({"id": i, "image_id": i, "category_id": 1, "keypoints": points, "bbox": box})
    document = {
        "images": images,
        "annotations": animals,
        "categories": [{"id": 1, "name": "eye", "keypoints": names}],
    }
    (study / "eyes/annotations.json").write_text(json.dumps(document))
    rows = "".join(f"{name}\t{name}\n" for name in names)
    (study / "config/keypoints/pupil/eyes.tsv").write_text("source\tunified\n" + rows)
    (study / "config/datasets.tsv").write_text(
        "dataset\tpath\tformat\tspace\trole\neyes\teyes/annotations.json\tcoco\tpupil\tpretrain\n"
    )
    (study / "config/videos.tsv").write_text("path\nraw/eye.mp4\n")
    (study / "config/config.yaml").write_text(yaml.safe_dump(SETTINGS))
    with av.open(str(study / "raw/eye.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for t in range(FRAMES):
            picture = eye(48 + 8 * np.sin(t / 4), 32, 10 + 3 * np.cos(t / 5))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return study


@pytest.mark.slow
def test_a_pupil_is_smoothed_as_one_and_its_diameter_is_a_feature(workflow, tmp_path):
    study = write_study(tmp_path / "study")
    result = run_snakemake(workflow, study, "results/videos/eye/quality.json")
    assert result.returncode == 0, result.stdout[-4000:]
    quality = json.loads((study / "results/videos/eye/quality.json").read_text())
    assert quality["status"] in ("ok", "flagged")  # a network of a minute is not sure
    poses = study / "results/videos/eye/poses.parquet"
    smoothed = read_smoothed(poses)
    top, bottom, right, left = np.moveaxis(smoothed.poses.xy_px[:, 0], 1, 0)
    diameter_px = bottom[:, 1] - top[:, 1]
    np.testing.assert_allclose(top[:, 0], bottom[:, 0], atol=1e-3)
    np.testing.assert_allclose(right[:, 0] - left[:, 0], diameter_px, atol=1e-3)
    is_ever_seen = (smoothed.members > 0).any(axis=0)
    assert is_ever_seen.any()
    is_known = np.isfinite(read_expected_error(poses).expected_error_px)
    np.testing.assert_array_equal(is_known, np.broadcast_to(is_ever_seen, is_known.shape))
    assert read_record(poses)["flags"] == []
    features = read_parquet(study / "results/videos/eye/features.parquet")
    np.testing.assert_allclose(
        features["body_length_px"].to_numpy(), np.abs(diameter_px), atol=1e-3
    )
