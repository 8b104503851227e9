"""Predictions of other programs on the frames of a video, in the keypoints of a space."""

import json
import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from superanimal_core.datasets.unify import ConversionRow
from superanimal_core.errors import VideoError
from superanimal_core.formats.given_predictions import keypoints_in, read_given
from superanimal_core.formats.prediction_files import read_predictions
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.schemas import poses_to_table

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
SPACE = KeypointSpace("lab", ("tail", "nose", "ear"))
TIMES = np.array([0.0, 0.1, 0.25, 0.3, 0.4])  # a video whose frames are not evenly spaced


def write_csv(path, frames=5, keypoints=("nose", "tail"), individuals=None, seed=0):
    levels = [["net"], *([individuals] if individuals else []), keypoints,
              ["x", "y", "likelihood"]]  # fmt: skip
    names = ["scorer", *(["individuals"] if individuals else []), "bodyparts", "coords"]
    columns = pd.MultiIndex.from_product(levels, names=names)
    values = np.random.default_rng(seed).uniform(0.5, 1, (frames, len(columns)))
    table = pd.DataFrame(values, columns=columns)
    table.to_csv(path)
    return table


def given(*paths, rows=None, times=TIMES, space=SPACE, format="deeplabcut", video="m"):
    return read_given([str(p) for p in paths], format, video, space, rows, times)


def test_keypoints_go_to_their_place_in_the_space_and_others_are_absent_and_untaught(tmp_path):
    written = write_csv(tmp_path / "a.csv")["net"]
    found = given(tmp_path / "a.csv")
    (poses,) = found.members
    assert poses.space is SPACE
    assert found.taught == ("tail", "nose")
    assert found.flags == ()
    np.testing.assert_array_equal(poses.time_s, TIMES)
    np.testing.assert_allclose(poses.xy_px[:, 0, 1], written["nose"][["x", "y"]] + 0.5)
    np.testing.assert_allclose(poses.xy_px[:, 0, 0], written["tail"][["x", "y"]] + 0.5)
    assert np.isnan(poses.xy_px[:, 0, 2]).all()
    assert (poses.score[:, 0, 2] == 0).all()


def test_a_table_says_what_keypoints_are_called_here_and_which_are_left_out(tmp_path):
    written = write_csv(tmp_path / "a.csv", keypoints=("snout", "hat"))["net"]
    rows = [ConversionRow(2, "snout", "nose"), ConversionRow(3, "hat", "")]
    found = given(tmp_path / "a.csv", rows=rows)
    assert found.taught == ("nose",)
    np.testing.assert_allclose(found.members[0].xy_px[:, 0, 1], written["snout"][["x", "y"]] + 0.5)
    with pytest.raises(VideoError, match=r"'hat' of 'a\.csv' has no row"):
        given(tmp_path / "a.csv", rows=rows[:1])
    with pytest.raises(VideoError, match="keypoint space 'lab' has no snout, hat"):
        given(tmp_path / "a.csv")


@pytest.mark.parametrize("frames", [3, 6])
def test_other_frames_than_the_videos_are_told(tmp_path, frames):
    written = write_csv(tmp_path / "a.csv", frames=frames)["net"]
    found = given(tmp_path / "a.csv")
    assert found.flags[0].startswith(f"a.csv has {frames} frames, the video 5: ")
    both = min(frames, 5)
    nose = found.members[0].xy_px[:, 0, 1]
    np.testing.assert_allclose(nose[:both], written["nose"][["x", "y"]][:both] + 0.5)
    assert len(nose) == 5
    assert np.isnan(nose[both:]).all()


def test_predictions_of_a_longer_video_are_refused(tmp_path):
    write_csv(tmp_path / "a.csv", frames=9)
    with pytest.raises(VideoError, match=r"9 frames, but the video has 5; are they of another"):
        given(tmp_path / "a.csv")


def test_each_network_names_the_animals_as_the_first(tmp_path):
    """The second network's tracker exchanged the two."""
    first = write_csv(tmp_path / "a.csv", individuals=("left", "right"))
    first["net", "right"] += 100.0
    first.loc[:, (slice(None), slice(None), slice(None), "likelihood")] = 0.9
    first.to_csv(tmp_path / "a.csv")
    second = first.rename(columns={"left": "right", "right": "left"}, level="individuals") + 0.05
    second.to_csv(tmp_path / "b.csv")
    one, two = given(tmp_path / "a.csv", tmp_path / "b.csv").members
    assert one.individuals == two.individuals == ("left", "right")
    np.testing.assert_allclose(one.xy_px[:, :, :2], two.xy_px[:, :, :2] - 0.05, atol=1e-9)


def test_a_file_that_is_none_ends_in_one_sentence(tmp_path):
    (tmp_path / "a.csv").write_text("hello\n")
    (tmp_path / "a.parquet").write_text("hello\n")
    write_csv(tmp_path / "b.csv")
    for path, format in (("a.csv", "deeplabcut"), ("a.parquet", "poses"), ("c.csv", "eks")):
        with pytest.raises(VideoError, match=path) as caught:
            given(tmp_path / path, format=format)
        assert "\n" not in caught.value.reason
        assert caught.value.stage == "read_predictions"
    with pytest.raises(VideoError, match="give each network once"):
        given(tmp_path / "b.csv", tmp_path / "b.csv")


def test_our_own_tables_come_back_as_they_are(tmp_path):
    write_csv(tmp_path / "a.csv")
    (poses,) = given(tmp_path / "a.csv").members
    record = {"space": {"name": "lab", "keypoints": SPACE.keypoints, "mirror_pairs": [],
                        "bones": [], "oks_sigmas": []}}  # fmt: skip
    write_parquet(poses_to_table(poses), tmp_path / "a.parquet", record)
    (again,) = given(tmp_path / "a.parquet", format="poses").members
    np.testing.assert_allclose(again.xy_px, poses.xy_px, atol=1e-5)


@pytest.mark.skipif(not (SHARED / "anipose_mouse").is_dir(), reason="needs shared data")
@pytest.mark.parametrize("camera", ["top", "mid", "back"])
def test_a_sleap_project_says_what_its_export_says(camera):
    """SLEAP made the analysis file from the project."""
    project, export = (SHARED / f"anipose_mouse/{camera}{end}" for end in (".slp", ".analysis.h5"))
    expected = read_predictions(export, fps=1.0)
    space = KeypointSpace("sleap", expected.space.keypoints)
    times = np.arange(len(expected), dtype=float)
    (found,) = given(project, format="sleap", space=space, times=times, video=camera).members
    assert keypoints_in(project, "sleap") == keypoints_in(export, "sleap")
    is_there = np.isfinite(expected.xy_px)
    assert is_there.mean() > 0.05
    np.testing.assert_array_equal(np.isfinite(found.xy_px), is_there)
    np.testing.assert_allclose(found.xy_px[is_there], expected.xy_px[is_there], atol=1e-3)


def write_project(path, instances):
    """A SLEAP project of two videos; instances are (video, frame, track, is a person's, x)."""
    frames = sorted({each[:2] for each in instances})
    kinds = {True: [], False: []}
    rows, number = [], {frame: i for i, frame in enumerate(frames)}
    for video, frame, track, is_users, x in instances:
        kinds[is_users] += [(x, 5.0), (x + 10, 5.0)]
        start = len(kinds[is_users]) - 2
        rows.append((0 if is_users else 1, number[video, frame], 0, track, start))
    nodes = [{"name": "nose"}, {"name": "tail"}]
    graph = {"nodes": [{"id": 1}, {"id": 0}]}  # the tail's point comes first
    instance = [("instance_type", "i4"), ("frame_id", "i8"), ("skeleton", "i4"), ("track", "i4"),
                ("point_id_start", "i8")]  # fmt: skip
    point = [("x", "f8"), ("y", "f8"), ("visible", "?")]
    with h5py.File(path, "w") as file:
        about = file.create_group("metadata")
        about.attrs["format_id"] = 1.2
        about.attrs["json"] = json.dumps({"nodes": nodes, "skeletons": [graph]})
        file["videos_json"] = [json.dumps({"filename": f"old/{v}.mp4"}) for v in ("other", "m")]
        file["tracks_json"] = [json.dumps([0, name]) for name in ("female", "male")]
        frame = [("frame_id", "i8"), ("video", "i4"), ("frame_idx", "i8")]
        file["frames"] = np.array([(i, *each) for each, i in number.items()], dtype=frame)
        file["instances"] = np.array(rows, dtype=instance)
        file["points"] = np.array([(x, y, True) for x, y in kinds[True]], dtype=point)
        scored = np.array(
            [(x, y, True, 0.75) for x, y in kinds[False]], dtype=[*point, ("score", "f8")]
        )
        file["pred_points"] = scored


def test_a_project_gives_each_animal_its_track_and_a_persons_word_counts(tmp_path):
    path = tmp_path / "labels.slp"
    write_project(
        path,
        [
            (1, 0, 1, False, 100.0),  # the male comes first in this frame
            (1, 0, 0, False, 50.0),
            (1, 1, 0, False, 80.0),
            (1, 1, 0, False, 85.0),  # a track twice: nobody knows which is the female
            (1, 2, 0, False, 60.0),
            (1, 2, 0, True, 70.0),  # a person has moved the female
            (1, 2, -1, False, 200.0),  # and this one nobody has named
            (0, 1, 0, False, 999.0),  # of another video
        ],
    )
    times = np.arange(3.0)
    (found,) = given(path, format="sleap", times=times, video="m").members
    assert found.individuals == ("female", "male", "animal0")
    tail = SPACE.index("tail")
    np.testing.assert_allclose(
        found.xy_px[:, :, tail, 0] - 0.5,
        [[50, 100, np.nan], [80, np.nan, 85], [70, np.nan, 200]],
    )
    np.testing.assert_allclose(
        found.score[:, :, tail], [[0.75, 0.75, 0], [0.75, 0, 0.75], [1, 0, 0.75]]
    )
    with pytest.raises(VideoError, match=r"none of its 2 videos is called 'x'.*: other, m"):
        given(path, format="sleap", times=times, video="x")


@pytest.mark.parametrize(
    ("corner", "individuals"),
    [("", ("m1", "m2")), ("ear", ("m1", "m2", "single"))],
)
def test_unique_body_parts_are_no_animal(tmp_path, corner, individuals):
    """DeepLabCut writes the corners of an arena as an individual of its own, `single`."""
    parts = {"m1": ("nose", "tail"), "m2": ("nose", "tail"), "single": ("corner",)}
    columns = [
        ("net", animal, part, what)
        for animal, names in parts.items()
        for part in names
        for what in ("x", "y", "likelihood")
    ]
    levels = ["scorer", "individuals", "bodyparts", "coords"]
    rows = [ConversionRow(2, "nose", "nose"), ConversionRow(3, "tail", "tail")]
    rows += [ConversionRow(4, "corner", corner)]
    for net in range(2):
        values = np.random.default_rng(net).uniform(0.5, 1, (5, len(columns)))
        table = pd.DataFrame(values, columns=pd.MultiIndex.from_tuples(columns, names=levels))
        table.to_csv(tmp_path / f"{net}.csv")
    for member in given(tmp_path / "0.csv", tmp_path / "1.csv", rows=rows).members:
        assert member.individuals == individuals
        assert np.isfinite(member.xy_px).any(axis=(0, 2, 3)).all()


@pytest.mark.parametrize(("lengths", "is_told"), [(0.0, False), (0.99, False), (1.01, True)])
def test_a_network_that_is_elsewhere_is_told(tmp_path, lengths, is_told):
    """Of another video with as many frames; both animals are 30 pixels long."""
    levels = [["net"], ["nose", "tail"], ["x", "y", "likelihood"]]
    columns = pd.MultiIndex.from_product(levels, names=["scorer", "bodyparts", "coords"])
    for net in range(2):
        way = 10.0 * np.arange(5) + net * lengths * 30
        rows = np.stack([way, way * 0, way * 0 + 0.9, way + 30, way * 0, way * 0 + 0.9], axis=1)
        pd.DataFrame(rows, columns=columns).to_csv(tmp_path / f"{net}.csv")
    if lengths == 0:
        rows[:, 1] += 1
        pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "1.csv")
    flags = given(tmp_path / "0.csv", tmp_path / "1.csv").flags
    assert [f"1.csv lies {lengths:.1f} lengths of the animal away" in f for f in flags] == (
        [True] * is_told
    )


@pytest.mark.parametrize(
    ("given_frames", "frames", "every"),
    [(50, 100, 2), (33, 100, 3), (51, 100, 2), (48, 100, None), (80, 100, None), (99, 100, None)],
)
def test_predictions_of_a_copy_at_another_rate_are_told(tmp_path, given_frames, frames, every):
    """Half of the frames, at the times of the first half of the video."""
    write_csv(tmp_path / "a.csv", frames=given_frames)
    [flag] = given(tmp_path / "a.csv", times=np.arange(frames) / 30).flags
    assert flag.startswith(f"a.csv has {given_frames} frames, the video {frames}: its last ones")
    assert ("must stand in the column 'path'" in flag) == (every is not None)
    assert every is None or f"with 1 frame in {every} are" in flag


def numbered(path, frames):
    names = ["scorer", "bodyparts", "coords"]
    columns = pd.MultiIndex.from_product([["n"], ["nose"], ["x", "y", "likelihood"]], names=names)
    pd.DataFrame(np.ones((len(frames), 3)), index=frames, columns=columns).to_csv(path)


@pytest.mark.parametrize(
    ("first", "last", "is_told"), [(1, 100, 1), (0, 100, 0), (2, 100, 0), (1, 101, 0)]
)
def test_rows_numbered_from_1_are_told_as_such(tmp_path, first, last, is_told):
    numbered(tmp_path / "a.csv", np.arange(first, last + 1))
    [flag] = given(tmp_path / "a.csv", times=np.arange(100) / 30).flags
    assert flag.startswith("a.csv has frames 1 to 100, the video 0 to 99: are they num") == is_told
    assert ("the last ones are left out" in flag) != is_told


@pytest.mark.parametrize(
    ("frames", "gaps"),
    [
        (np.arange(0, 100, 2), "99 frames (1 in 2 has a pose, from frame 0 on), the video 100"),
        (np.arange(1, 100, 3), "98 frames (1 in 3 has a pose, from frame 1 on), the video 100"),
        (np.arange(0, 19, 2), "19 frames (1 in 2 has a pose, from frame 0 on), the video 100"),
        (np.arange(0, 17, 2), "17 frames, the video 100"),  # 9 rows: too few to be sure
        (np.r_[0:20:2, 21], "22 frames, the video 100"),
    ],
)
def test_frames_between_the_rows_are_told(tmp_path, frames, gaps):
    numbered(tmp_path / "a.csv", frames)
    [flag] = given(tmp_path / "a.csv", times=np.arange(100) / 30).flags
    assert flag.startswith(f"a.csv has {gaps}")


def test_frames_between_the_rows_are_told_of_files_as_long_or_longer(tmp_path):
    numbered(tmp_path / "a.csv", np.arange(0, 100, 2))
    [flag] = given(tmp_path / "a.csv", times=np.arange(99) / 30).flags
    assert "1 in 2 has a pose" in flag
    assert flag.endswith("the others have no pose")
    with pytest.raises(VideoError, match=r"99 frames \(1 in 2 has a pose, from frame 0 on\), but"):
        given(tmp_path / "a.csv", times=np.arange(50) / 30)
