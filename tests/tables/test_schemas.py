from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prediction_tables import write_poses

from superanimal_core.errors import SuperAnimalError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.tables.parquet import read_parquet, read_record, write_parquet
from superanimal_core.tables.pose_files import (
    read_expected_error,
    read_member_poses,
    read_poses,
    read_smoothed,
    read_smoothed_and_error,
    write_smoothed,
)
from superanimal_core.tables.schemas import (
    columns_to_table,
    poses_from_table,
    poses_to_table,
    smoothed_from_table,
    smoothed_to_table,
)
from superanimal_core.tables.spaces import read_space, read_taught


def poses_of(frames, individuals, keypoints, seed=0):
    random = np.random.default_rng(seed)
    shape = (frames, individuals, keypoints)
    names = tuple(f"k{i}" for i in range(keypoints))
    pairs = (("k0", "k1"),) if keypoints > 1 else ()
    space = KeypointSpace("s", names, mirror_pairs=pairs, bones=pairs)
    xy = random.uniform(-10, 2000, (*shape, 2)).astype(np.float32).astype(float)
    xy[random.random(shape) < 0.2] = np.nan
    score = random.random(shape).astype(np.float32).astype(float)
    time_s = np.cumsum(random.uniform(0.001, 0.1, frames))
    return Poses(space, tuple(f"animal{i}" for i in range(individuals)), time_s, xy, score)


def smoothed_of(*shape, seed=0):
    poses, random = poses_of(*shape, seed=seed), np.random.default_rng(seed + 1)
    full = poses.xy_px.shape

    def single():
        return random.random(full).astype(np.float32).astype(float)

    members = random.integers(0, 6, full[:3])
    names = random.choice(["random_walk", "views", ""], full[1:3])
    strength = random.random(full[1:3])
    return SmoothedPoses(poses, single(), single(), single(), members, strength, names)


def check_same(first, second):
    assert first.space == second.space
    assert first.individuals == second.individuals
    np.testing.assert_array_equal(first.time_s, second.time_s)
    np.testing.assert_array_equal(first.xy_px, second.xy_px)
    np.testing.assert_array_equal(first.score, second.score)


@given(st.integers(1, 6), st.integers(1, 3), st.integers(1, 5), st.integers(0, 2**16))
def test_dense_and_long_poses_say_the_same(frames, individuals, keypoints, seed):
    poses = poses_of(frames, individuals, keypoints, seed)
    check_same(poses_from_table(poses_to_table(poses), poses.space), poses)


@given(st.integers(1, 5), st.integers(1, 2), st.integers(1, 4), st.integers(0, 2**16))
def test_smoothed_poses_come_back_but_for_their_strength(frames, individuals, keypoints, seed):
    smoothed = smoothed_of(frames, individuals, keypoints, seed=seed)
    back = smoothed_from_table(smoothed_to_table(smoothed), smoothed.poses.space)
    check_same(back.poses, smoothed.poses)
    for name in ("variance_px2", "raw_xy_px", "ensemble_variance_px2", "members"):
        np.testing.assert_array_equal(getattr(back, name), getattr(smoothed, name))
    assert np.isnan(back.strength).all()


def test_the_long_table_has_a_row_for_each_frame_individual_and_keypoint_in_this_order():
    poses = poses_of(3, 2, 2)
    table = poses_to_table(poses)
    columns = ["frame", "time_s", "individual", "keypoint", "x_px", "y_px", "score"]
    assert table.column_names == columns
    rows = table.select(["frame", "individual", "keypoint", "x_px"]).to_pylist()
    expected = [
        (f, poses.individuals[i], poses.space.keypoints[k], poses.xy_px[f, i, k, 0])
        for f in range(3)
        for i in range(2)
        for k in range(2)
    ]
    for row, (frame, individual, keypoint, x) in zip(rows, expected, strict=True):
        assert (row["frame"], row["individual"], row["keypoint"]) == (frame, individual, keypoint)
        np.testing.assert_equal(row["x_px"], x)


def test_columns_have_the_types_of_the_contract():
    types = {f.name: str(f.type) for f in smoothed_to_table(smoothed_of(2, 1, 2)).schema}
    assert types["frame"] == "int32"
    assert types["time_s"] == "double"
    assert types["members"] == "int8"
    assert types["individual"].startswith("dictionary<values=string")
    assert types["keypoint"].startswith("dictionary<values=string")
    assert types["evidence"].startswith("dictionary<values=string")
    assert types["is_extrapolated"] == "bool"
    words = {"is_extrapolated", "frame", "time_s", "members", "individual", "keypoint", "evidence"}
    floats = set(types) - words
    assert {types[name] for name in floats} == {"float"}
    assert {"x_px", "y_raw_px", "x_var_px2", "y_ensemble_var_px2"} <= floats
    assert {"expected_error_px", "radius_50_px", "radius_90_px"} <= floats


def test_every_position_says_what_it_rests_on():
    smoothed = smoothed_of(3, 1, 2)
    smoothed.poses.xy_px[:] = 1.0
    smoothed.members[:] = 1
    smoothed.members[1, 0, 0] = 0
    smoothed.poses.xy_px[2, 0, 1] = np.nan
    table = smoothed_to_table(smoothed)
    words = ["seen", "seen", "bridged", "seen", "seen", "absent"]
    assert table["evidence"].to_pylist() == words
    assert np.isnan(table["radius_90_px"].to_numpy()).all()


@given(st.integers(1, 5), st.integers(1, 2), st.integers(1, 4), st.integers(0, 2**16))
def test_evidence_parts_all_rows_by_position_members_and_what_was_taught(f, i, k, seed):
    """Against the four sentences that say what the words mean."""
    smoothed, random = smoothed_of(f, i, k, seed=seed), np.random.default_rng(seed + 2)
    taught = [name for name in smoothed.poses.space.keypoints if random.random() < 0.6]
    rows = smoothed_to_table(smoothed, taught=taught).to_pylist()
    for row in rows:
        has_position = np.isfinite([row["x_px"], row["y_px"]]).all()
        meant = {
            "seen": has_position and row["members"] > 0,
            "bridged": has_position and row["members"] == 0,
            "absent": not has_position and row["keypoint"] in taught,
            "untaught": not has_position and row["keypoint"] not in taught,
        }
        assert [word for word, holds in meant.items() if holds] == [row["evidence"]]


def test_a_table_says_what_its_networks_were_taught_and_an_ensemble_what_any_was(tmp_path):
    for number, record in enumerate(({"taught": ["k0"]}, {"taught": ["k0", "k2"]})):
        write_poses(poses_of(2, 1, 3), tmp_path / f"predicted/member-{number}.parquet", record)
    assert read_taught(tmp_path / "predicted/member-0.parquet") == ("k0",)
    assert set(read_taught(tmp_path / "predicted")) == {"k0", "k2"}
    write_smoothed(smoothed_of(2, 1, 3), tmp_path / "p.parquet", {}, taught=("k0", "k2"))
    assert read_taught(tmp_path / "p.parquet") == ("k0", "k2")


def test_an_older_table_that_does_not_say_counts_as_taught_everything(tmp_path):
    write_poses(poses_of(2, 1, 3), tmp_path / "member-0.parquet", {})
    assert read_taught(tmp_path / "member-0.parquet") == ("k0", "k1", "k2")


def test_a_pose_table_is_read_by_pandas_without_our_code(tmp_path):
    poses = poses_of(4, 1, 3)
    write_poses(poses, tmp_path / "poses.parquet", {})
    table = pd.read_parquet(tmp_path / "poses.parquet")
    wide = table.pivot(index="frame", columns="keypoint", values="x_px")
    np.testing.assert_array_equal(
        wide[[*poses.space.keypoints]].to_numpy(), poses.xy_px[:, 0, :, 0]
    )


def test_missing_rows_and_another_order_are_refused():
    poses = poses_of(3, 1, 2)
    table = poses_to_table(poses)
    for wrong in (table.slice(0, 5), table.take([1, 0, 2, 3, 4, 5])):
        with pytest.raises(SuperAnimalError, match="expected one row per frame, individual and"):
            poses_from_table(wrong, poses.space)


def test_the_space_travels_with_the_table(tmp_path):
    poses = poses_of(2, 1, 3)
    write_poses(poses, tmp_path / "p.parquet", {"rule": "r"})
    assert read_space(tmp_path / "p.parquet") == poses.space
    check_same(read_poses(tmp_path / "p.parquet"), poses)


def test_smoothed_poses_are_written_and_read(tmp_path):
    smoothed = smoothed_of(3, 2, 2)
    write_smoothed(smoothed, tmp_path / "p.parquet", {})
    back = read_smoothed(tmp_path / "p.parquet")
    check_same(back.poses, smoothed.poses)
    np.testing.assert_array_equal(back.strength, smoothed.strength)
    np.testing.assert_array_equal(back.smoother, smoothed.smoother)
    write_smoothed(replace(smoothed, smoother=None), tmp_path / "p.parquet", {})
    assert read_smoothed(tmp_path / "p.parquet").smoother is None


@pytest.mark.parametrize(
    ("read", "lacking"),
    [
        (read_poses, "score"),
        (read_smoothed, "members"),
        (read_smoothed, "y_raw_px"),
        (read_expected_error, "probability"),
        (read_expected_error, "is_extrapolated"),
        (read_smoothed_and_error, "x_var_px2"),
        (read_smoothed_and_error, "radius_90_px"),
    ],
)
def test_a_table_of_an_older_version_is_named_with_the_column_it_lacks(tmp_path, read, lacking):
    path = tmp_path / "poses.parquet"
    write_smoothed(smoothed_of(3, 2, 2), path, {})
    read(path)
    record = read_record(path)
    write_parquet(read_parquet(path).drop_columns([lacking]), path, record)
    with pytest.raises(
        SuperAnimalError, match=rf"poses\.parquet: has no column '{lacking}'.*again"
    ):
        read(path)


def test_a_table_without_animals_is_read(tmp_path):
    write_poses(poses_of(4, 0, 3), tmp_path / "p.parquet", {})
    assert read_poses(tmp_path / "p.parquet").score.shape == (0, 0, 3)


def test_two_animals_of_one_name_are_refused():
    poses = poses_of(3, 2, 2)
    with pytest.raises(ValueError, match="two animals of one name"):
        replace(poses, individuals=("animal0", "animal0"))


def test_members_come_back_in_the_order_of_their_names(tmp_path):
    members = [poses_of(2, 1, 2, seed) for seed in range(3)]
    for number in (2, 0, 1):
        write_poses(members[number], tmp_path / f"predicted/member-{number}.parquet", {})
    for written, read in zip(members, read_member_poses(tmp_path / "predicted"), strict=True):
        check_same(written, read)


def test_columns_of_a_dataclass_become_columns_of_a_table():
    @dataclass(frozen=True)
    class Bouts:
        behavior: np.ndarray
        start_s: np.ndarray

    table = columns_to_table(Bouts(np.array(["walk", "walk"], dtype=object), np.array([0.5, 2.0])))
    assert table.to_pylist() == [
        {"behavior": "walk", "start_s": 0.5},
        {"behavior": "walk", "start_s": 2.0},
    ]
