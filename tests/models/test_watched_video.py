"""What an ensemble says of stretches of a video: to disk, back, chosen from, and compared with."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from tiny_networks import square_crop
from torch.nn.functional import avg_pool2d

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.inference.ensemble_smoothing import EnsembleSmoothing
from superanimal_core.inference.watching import Watching
from superanimal_core.media.windows import read_timed_window
from superanimal_core.models.chosen_lessons import choose_of_cohort, write_choice
from superanimal_core.models.compared_student import on_frames
from superanimal_core.models.watched_folder import read_held_out_stretch, write_watched
from superanimal_core.models.watched_video import stretches_of
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.pose_network import HeatmapNetwork
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.video_file import write_video
from superanimal_core.tables.lesson_files import read_lessons
from superanimal_core.tables.parquet import write_failure
from superanimal_core.tables.pose_files import read_poses

SPACE = KeypointSpace("s", ("a", "b"))
FRAMES, FPS, NEIGHBORS = 60, 25, 3
CONFIG = yaml.safe_load((Path(__file__).resolve().parents[2] / "config/config.yaml").read_text())
SMOOTHING = CONFIG["smoothing"]
EKS = {"center": "median", "min_score": 0.0} | SMOOTHING["eks"]  # networks that know nothing
VIEWS = SMOOTHING["views"] | {"mirrors": []}
ANYTHING = {"min_score": 0.0, "max_error": 1e9}


class Dots(HeatmapNetwork):
    """Stands for a network: sees a red and a green dot, `aside` cells to the right of them.

    So ensembles of them disagree.
    """

    def __init__(self, aside=0):
        super().__init__(2, stride_px=1, sigma_px=1.0, is_subpixel=True)
        self.aside = aside

    def forward(self, crops):
        red, green = crops[:, 0], crops[:, 1]
        apart = torch.stack([red - green, green - red], dim=1).clamp(min=0)
        return avg_pool2d(apart, 7, 1, 3, count_include_pad=True).roll(self.aside, dims=3)


def write_dots(path, frames=FRAMES):
    """A video of two wandering dots."""
    random = np.random.default_rng(0)
    images = np.full((frames, 96, 128, 3), 20, np.uint8)
    y, x = np.mgrid[:96, :128] + 0.5
    step = np.cumsum(random.normal(0, 1, (frames, 2, 2)), axis=0).clip(-15, 15)
    for image, dots in zip(images, step + np.array([[45.0, 40.0], [80.0, 55.0]]), strict=True):
        for (dot_x, dot_y), color in zip(dots, ((250, 0, 0), (0, 250, 0)), strict=True):
            image[np.hypot(x - dot_x, y - dot_y) < 5] = color
    write_video(iter(images), path, FPS)
    return str(path)


def bundle_of(aside):
    crop = square_crop(128, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    return ModelBundle(Dots(aside), SPACE, "none", {}, crop, ())


def watching_with(bundles):
    inference = {"batch": 8, "precision": "float32", "device": torch.device("cpu")}
    return Watching(bundles, None, {}, inference)


def smoothing(calibration=None):
    return EnsembleSmoothing("eks", EKS, VIEWS, calibration)


def watch(video, folder, bundles, stretches=4, limits=ANYTHING):
    found = stretches_of(
        video, watching_with(bundles), smoothing(), stretches=stretches, neighbors=NEIGHBORS
    )
    names = [f"member-{i}" for i in range(len(bundles))]
    write_watched(found, folder, names, Path(folder).name, NEIGHBORS, limits, {"rule": "test"})
    return str(folder)


@pytest.fixture(scope="module")
def bundles():
    return [bundle_of(aside) for aside in (0, 1, 4)]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_dots(tmp_path_factory.mktemp("raw") / "v.mp4")


@pytest.fixture(scope="module")
def watched(tmp_path_factory, video, bundles):
    return watch(video, tmp_path_factory.mktemp("watched") / "v", bundles)


def test_the_stretches_are_those_of_the_video_and_none_meets_another(watched, video):
    times = read_poses(f"{watched}/poses.parquet").time_s
    length = 2 * NEIGHBORS + 1
    assert len(times) == 4 * length
    assert (np.diff(times) > 0).all()
    for number in range(4):
        expected = read_timed_window(video, (number + 0.5) / 4, length)[1]
        assert times[number * length : (number + 1) * length] == pytest.approx(expected)


def test_a_short_video_gives_fewer_stretches_and_one_that_is_too_short_is_told(tmp_path, bundles):
    short = watch(write_dots(tmp_path / "s.mp4", 16), tmp_path / "short", bundles, stretches=6)
    assert len(read_poses(f"{short}/poses.parquet").time_s) in (7, 14)
    with pytest.raises(VideoError, match="has 5 frames to give, not 7"):
        watch(write_dots(tmp_path / "t.mp4", 5), tmp_path / "tiny", bundles)
    assert not (tmp_path / "tiny").exists()


def test_nothing_is_taught_of_the_stretch_that_is_held_out(watched):
    labels, _ = read_lessons(f"{watched}/lessons.parquet")
    frames = [int(Path(name).stem) for name in labels.image]
    held_out = read_held_out_stretch(watched)
    held = [int(Path(name).stem) for name in held_out.pictures]
    assert held == [*range(14, 21)]
    assert not {*frames} & {*held}
    assert len(frames) == 3
    assert all(2 <= frame % 7 <= 4 for frame in frames)  # neighbors on either side
    there = {path.stem for path in Path(watched, "pictures").iterdir()}
    assert there == {f"{frame:06d}" for frame in (*frames, *held)}


def test_a_video_of_which_only_the_held_out_stretch_is_left_teaches_nothing(
    tmp_path, video, watched, bundles
):
    lone = watch(video, tmp_path / "lone", bundles, stretches=1)
    assert len(read_lessons(f"{lone}/lessons.parquet")[0]) == 0
    assert len(read_held_out_stretch(lone).pictures) == 2 * NEIGHBORS + 1
    assert (choose_of_cohort([lone, watched], 9)[1] == choose_of_cohort([watched], 9)[1]).all()


def test_lessons_are_the_smoothed_ensemble_of_their_frames(watched):
    labels, _ = read_lessons(f"{watched}/lessons.parquet")
    poses = read_poses(f"{watched}/poses.parquet")
    for row, name in enumerate(labels.image):
        frame = int(Path(name).stem)
        assert labels.xy_px[row] == pytest.approx(poses.xy_px[frame, 0], abs=1e-3)
    assert ((labels.weight > 0) & (labels.weight <= 1)).all()


def test_the_same_video_is_watched_alike(tmp_path, watched, video, bundles):
    again = watch(video, tmp_path / "v", bundles)
    names = sorted(path.name for path in Path(again).glob("*.parquet"))
    assert names == sorted(path.name for path in Path(watched).glob("*.parquet"))
    assert all(Path(again, n).read_bytes() == Path(watched, n).read_bytes() for n in names)


def broken(tmp_path, name="torn"):
    write_failure(tmp_path / name, {"failure": {"stage": "probe_video", "reason": "it is torn"}})
    return str(tmp_path / name)


def test_a_broken_video_never_stops_the_others_and_is_told(tmp_path, watched):
    alone, worth, without = choose_of_cohort([watched], 99)
    lessons, same, told = choose_of_cohort([broken(tmp_path), watched], 99)
    assert (lessons.image == alone.image).all()
    assert (worth == same).all()
    assert without == {}
    assert told == {"torn": "it is torn"}
    assert [*on_frames([bundle_of(0)], [broken(tmp_path)], smoothing(), {})] == []


def test_without_any_lesson_no_student_is_made(tmp_path, video, bundles):
    unsure = watch(video, tmp_path / "v", bundles, limits={"min_score": 1.0, "max_error": 1e9})
    with pytest.raises(SuperAnimalError, match=r"none of 2 videos.*torn: it is torn"):
        choose_of_cohort([unsure, broken(tmp_path)], 9)


def test_the_list_of_lessons_is_the_same_each_time_and_names_the_videos(tmp_path, watched):
    for number in (0, 1):
        lessons, worth, _ = choose_of_cohort([watched], 2)
        assert len(lessons) == 2
        path, videos = tmp_path / f"{number}.parquet", tmp_path / f"{number}.txt"
        write_choice(lessons, worth, [watched], path, videos, {"rule": "test"})
        assert videos.read_text() == "v\n"
    assert (tmp_path / "0.parquet").read_bytes() == (tmp_path / "1.parquet").read_bytes()


def test_the_teacher_itself_is_as_good_a_student_as_can_be(watched, bundles):
    """What it sees in stored pictures is what it saw in the video, but for the pictures' losses."""
    inference = watching_with(bundles).inference
    (row,) = on_frames(bundles, [watched], smoothing(), inference)
    (other,) = on_frames(bundles[:1], [watched], smoothing(), inference)
    (middle,) = on_frames(bundles[1:2], [watched], smoothing(), inference)
    assert row[-2:] == (0, 0)
    assert row[-3] < 0.1
    assert row[-3] < middle[-3] + 0.05 < other[-3]  # the ensemble is the median of its networks
