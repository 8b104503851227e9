"""`python -m superanimal_core smooth`: other programs' predictions in, smoothed poses out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from test_prediction_files import KEYPOINTS, table

from superanimal_core.__main__ import main
from superanimal_core.commands.smooth import cameras_in
from superanimal_core.formats.prediction_files import read_predictions
from superanimal_core.formats.smoothed_csv import COLUMNS
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.tables.parquet import read_record
from superanimal_core.tables.pose_files import read_smoothed

ROOT = Path(__file__).resolve().parents[2]
EKS = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "fixtures" / "eks"
needs_fixtures = pytest.mark.skipif(not EKS.is_dir(), reason=f"needs the EKS runs in {EKS}")


def as_reference(name, *options):
    """The options that ensemble-kalman-smoother has in one of its runs, and the run's inputs."""
    about = json.loads((EKS / "cases" / name / "case.json").read_text())
    files = [str(EKS / about["input_dir"] / f) for f in about["input_files"] if f.endswith(".csv")]
    same = ["--strength", "10", "--min-score", "0", "--min-variance-px2", "1e-12"]
    same += ["--single-network-variance-px2", "1", "--fps", "60", "--max-gap-s", "1"]
    same += ["--motion", "random_walk", "--noise", "reference"]
    return [*files, *same, *options]


def reference(name, file):
    return read_output(EKS / "cases" / name / "outputs" / file)


def read_output(path):
    return pd.read_csv(path, header=[0, 1, 2], index_col=0)


@needs_fixtures
@pytest.mark.parametrize(
    "name",
    [
        "singlecam_pupil_fixed_s10",
        "singlecam_mirrormouse_fixed_s10",
        "singlecam_pupil_single_model_fixed",
    ],
)
def test_the_csv_is_the_references(tmp_path, name):
    assert main(["smooth", *as_reference(name), "--output", str(tmp_path / "o.csv")]) == 0
    ours, theirs = read_output(tmp_path / "o.csv"), reference(name, "eks_singlecam.csv.gz")
    assert list(ours.columns) == list(theirs.columns)
    assert list(ours.index) == list(theirs.index)
    after_prior = slice(20, None)  # the reference pulls the first frames to the middle of the track
    for column in ours.columns:
        mine, other = (t[column].to_numpy()[after_prior] for t in (ours, theirs))
        if column[2].endswith("_var"):
            np.testing.assert_allclose(mine, other, rtol=1e-2, atol=1e-6)
        else:
            np.testing.assert_allclose(mine, other, atol=1e-3)


@needs_fixtures
def test_mirrored_views_in_one_csv_are_the_references(tmp_path):
    name = "mirrored_mm_fixed_s10_q95_inflate"
    options = as_reference(name, "--views", "top,bot", "--inflation-rounds", "100")
    options[options.index("--fps") + 1] = "250"  # as it was recorded: seconds are what is checked
    assert main(["smooth", *options, "--output", str(tmp_path / "o.csv")]) == 0
    ours, theirs = read_output(tmp_path / "o.csv"), reference(name, "eks_mirrored_multicam.csv.gz")
    for column in theirs.columns:
        if column[2] in ("x", "y", "likelihood", "x_ens_median", "y_ens_median"):
            assert np.abs(ours[column] - theirs[column]).max() <= 1e-3


@needs_fixtures
def test_cameras_in_files_of_their_own_are_the_references(tmp_path):
    name = "multicam_fly_linear_fixed_s10"
    cameras = "Cam-A,Cam-B,Cam-C"
    options = as_reference(name, "--cameras", cameras, "--keep-quantile", "0.5")
    options += ["--inflation-rounds", "0", "--output", str(tmp_path / "o.csv")]
    assert main(["smooth", *options]) == 0
    for camera in cameras.split(","):
        ours = read_output(tmp_path / f"o_{camera}.csv")
        theirs = reference(name, f"multicam_{camera}_results.csv.gz")
        for column in [c for c in theirs.columns if c[2] in ("x", "y")]:
            assert np.abs(ours[column] - theirs[column]).max() <= 1e-3


def ensemble(folder, count=3, frames=40, **changed):
    walk = np.random.default_rng(9).normal(size=(frames, 200)).cumsum(axis=0)
    paths = []
    for member in range(count):
        written = table(frames=frames, seed=member, **changed)
        for number, column in enumerate(written.columns):
            if column[-1] in "xy":
                written[column] += 100 + 20 * number + walk[:, number]
        paths.append(str(folder / f"net{member}.csv"))
        written.to_csv(paths[-1])
    return paths


def test_csv_and_parquet_hold_the_same_poses(tmp_path):
    files = ensemble(tmp_path)
    for name in ("o.csv", "o.parquet"):
        assert main(["smooth", *files, "--fps", "50", "--output", str(tmp_path / name)]) == 0
    smoothed = read_smoothed(tmp_path / "o.parquet")
    written = read_output(tmp_path / "o.csv")
    assert [c[2] for c in written.columns] == list(COLUMNS) * len(KEYPOINTS)
    assert list(written.index) == list(range(40))
    x_of_tail = written["ensemble-kalman_tracker"]["tail"]["x"]
    np.testing.assert_allclose(x_of_tail + 0.5, smoothed.poses.xy_px[:, 0, 1, 0], atol=1e-4)
    assert smoothed.poses.fps == pytest.approx(50)
    assert read_record(tmp_path / "o.parquet")["settings"]["method"] == "eks"


def test_the_output_can_be_read_as_predictions(tmp_path):
    files = ensemble(tmp_path)
    assert main(["smooth", *files, "--fps", "50", "--output", str(tmp_path / "o.csv")]) == 0
    again = read_predictions(tmp_path / "o.csv", fps=50)
    assert again.space.keypoints == KEYPOINTS
    assert np.isfinite(again.xy_px).all()


def test_absent_keypoints_are_empty_cells(tmp_path):
    written = table(frames=20)
    written.loc[:4, ("net", "nose")] = np.nan
    written.to_csv(tmp_path / "a.csv")
    main(["smooth", str(tmp_path / "a.csv"), "--fps", "50", "--output", str(tmp_path / "o.csv")])
    row = (tmp_path / "o.csv").read_text().splitlines()[3].split(",")
    assert row[:10] == ["0", "", "", "0", "", "", "", "", "", ""]
    assert all(row[10:])


def test_exchanged_animals_are_put_right(tmp_path):
    files = ensemble(tmp_path, individuals=("a", "b"))
    main(["smooth", *files, "--fps", "50", "--output", str(tmp_path / "o.parquet")])
    expected = read_smoothed(tmp_path / "o.parquet")
    lines = Path(files[1]).read_text().splitlines()
    swap = str.maketrans("ab", "ba")
    lines[1] = "individuals" + lines[1].removeprefix("individuals").translate(swap)
    Path(files[1]).write_text("\n".join(lines))
    main(["smooth", *files, "--fps", "50", "--output", str(tmp_path / "o.parquet")])
    found = read_smoothed(tmp_path / "o.parquet")
    assert found.poses.individuals == ("a", "b")
    np.testing.assert_allclose(found.poses.xy_px, expected.poses.xy_px)


@pytest.mark.parametrize(
    "options",
    [
        ["--method", "none"],
        ["--method", "median", "--window-s", "0.2"],
        ["--method", "savitzky_golay", "--order", "2"],
        ["--method", "one_euro", "--min-cutoff-hz", "3"],
        ["--strength", "2.5", "--center", "mean"],
    ],
)
def test_every_method_can_be_asked_for(tmp_path, options):
    files = ensemble(tmp_path)
    output = str(tmp_path / "o.csv")
    assert main(["smooth", *files, "--fps", "50", "--output", output, *options]) == 0
    assert len(read_output(output)) == 40


def test_the_defaults_are_those_of_the_configuration(tmp_path):
    shipped = yaml.safe_load((ROOT / "config/config.yaml").read_text())["smoothing"]
    assert settings_of(tmp_path) == SmoothingSettings(**shipped)


def settings_of(folder, *options):
    """What the command smooths with, as the record of its table says."""
    files, output = ensemble(folder), str(folder / "o.parquet")
    assert main(["smooth", *files, "--fps", "50", "--output", output, *options]) == 0
    return SmoothingSettings(**read_record(output)["settings"])


def test_a_configuration_may_be_short_and_options_win(tmp_path):
    (tmp_path / "c.yaml").write_text("smoothing: {min_score: 0.3, eks: {strength: 3}}")
    shipped = settings_of(tmp_path)
    config = ("--config", str(tmp_path / "c.yaml"))
    found = settings_of(tmp_path, *config, "--max-gap-s", "1", "--latent", "2")
    expected = shipped.model_dump()
    expected["min_score"] = 0.3
    expected["eks"] |= {"strength": 3.0, "max_gap_s": 1.0}
    expected["views"]["latent"] = 2
    assert found == SmoothingSettings(**expected)


@needs_fixtures
def test_the_pupils_csv_is_the_references_but_for_its_exchanged_columns(tmp_path):
    name = "pupil_fixed_099_099"
    points = [f"pupil_{point}_r" for point in ("top", "bottom", "right", "left")]
    options = as_reference(name)
    for option in ("--strength", "--max-gap-s", "--motion", "--noise"):
        del options[options.index(option) : options.index(option) + 2]
    options += ["--method", "pupil", "--points", ",".join(points), "--memories", "0.99,0.99"]
    assert main(["smooth", *options, "--output", str(tmp_path / "o.csv")]) == 0
    ours, theirs = read_output(tmp_path / "o.csv"), reference(name, "eks_ibl_pupil.csv.gz")
    top, bottom, right, left = points
    for mine, other in ((top, top), (bottom, right), (right, bottom), (left, left)):
        for axis in "xy":
            difference = ours.xs((mine, axis), axis=1, level=(1, 2)).to_numpy() - (
                theirs.xs((other, axis), axis=1, level=(1, 2)).to_numpy()
            )
            assert np.abs(difference).max() <= 1e-3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--strength", "-3"], "smoothing.eks.strength: read '-3'"),
        (["--method", "median", "--strength", "3"], "--strength: no setting of the method 'med"),
        (["--method", "kalman"], "smoothing.method: read 'kalman'"),
        (["--views", "top,bot"], "no keypoint is named <keypoint>_top, <keypoint>_bot"),
        (["--views", "top,bot", "--method", "none"], "need the method 'eks'"),
        (["--views", "top,bot", "--latent", "5"], "--latent: 1 to 4"),
        (["--cameras", "net0,net1"], "net2.csv: its name holds none of the cameras"),
        (["--cameras", "net,1"], "net1.csv: its name holds the cameras net and 1"),
        (["--output", "poses.txt"], "the output must end in .csv or .parquet"),
        (["--config", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["--inflation-rounds", "-1"], "smoothing.views.inflation_rounds: read -1"),
        (["--method", "pupil"], "no keypoint 'pupil_top'"),
        (["--method", "pupil", "--memories", "0.9"], "smoothing.pupil.memories"),
    ],
)
def test_a_mistake_is_one_line_and_no_traceback(tmp_path, capsys, options, said):
    files = ensemble(tmp_path)
    assert main(["smooth", *files, "--fps", "50", "--output", str(tmp_path / "o.csv"), *options])
    told = capsys.readouterr().err
    assert told.startswith("smooth: ")
    assert said in told
    assert told.count("\n") == 1
    assert not list(tmp_path.glob("o*"))


@pytest.mark.parametrize(
    ("output", "options"),
    [
        ("net1.csv", []),
        ("../{folder}/net1.csv", []),
        ("net.csv", ["--cameras", "0,1,2"]),
        ("link.csv", []),
    ],
)
def test_what_is_smoothed_is_not_overwritten(tmp_path, capsys, output, options):
    files = ensemble(tmp_path)
    if options:  # net_1.csv is what the second camera's would be called
        for file in files:
            Path(file).rename(file.replace("net", "net_"))
        files = [file.replace("net", "net_") for file in files]
    (tmp_path / "link.csv").symlink_to(files[1])
    before = Path(files[1]).read_text()
    path = str(tmp_path / output.format(folder=tmp_path.name))
    assert main(["smooth", *files, "--fps", "50", "--output", path, *options]) == 1
    told = capsys.readouterr().err
    assert told == f"smooth: {path}: is one of the files to smooth; name another output\n"
    assert Path(files[1]).read_text() == before


def test_the_command_needs_no_torch_and_no_pandas(tmp_path):
    files = ensemble(tmp_path)
    program = (
        "import sys; from superanimal_core.__main__ import main; code = main(sys.argv[1:]); "
        "assert not {'torch', 'pandas', 'cv2'} & set(sys.modules); sys.exit(code)"
    )
    arguments = ["smooth", *files, "--fps", "50", "--output", str(tmp_path / "o.csv")]
    subprocess.run([sys.executable, "-c", program, *arguments], check=True)


@pytest.mark.parametrize(
    ("name", "cameras", "found"),
    [
        ("net0_cam10.csv", ["cam1", "cam10"], ["cam10"]),
        ("net0_cam1.csv", ["cam1", "cam10"], ["cam1"]),
        ("cam10cam1.csv", ["cam1", "cam10"], ["cam1", "cam10"]),
        ("net0_cam12.csv", ["cam1", "cam2"], []),
        ("net1_cam2.csv", ["1", "2"], ["1", "2"]),
        ("cam12.csv", ["2", "12"], ["12"]),
        ("topview_net0.csv", ["top", "topview"], ["topview"]),
        ("mousetop.csv", ["top", "bot"], ["top"]),
        ("cam1_2024.csv", ["cam1", "cam10"], ["cam1"]),
        ("c.1+x.csv", ["c.1+", "cx1"], ["c.1+"]),
    ],
)
def test_a_camera_stands_in_a_name_whole_or_not_at_all(name, cameras, found):
    assert sorted(cameras_in(name, cameras)) == found


def test_a_keypoint_of_which_no_file_says_anything_was_not_taught(tmp_path):
    """One file that has a single position of it, however unsure, and it is absent instead."""
    for known, words in (([], {"untaught"}), ([1], {"absent"})):
        files = []
        for member in range(2):
            written = table(frames=20, seed=member)
            nose = written.loc[:, ("net", "nose")].copy()
            written.loc[:, ("net", "nose")] = np.nan
            if member in known:
                nose[("likelihood")] = 1e-3
                written.loc[7, ("net", "nose")] = nose.loc[7].to_numpy()
            files.append(str(tmp_path / f"net{member}.csv"))
            written.to_csv(files[-1])
        output = tmp_path / "o.parquet"
        assert main(["smooth", *files, "--fps", "50", "--output", str(output)]) == 0
        rows = pq.read_table(output).to_pylist()
        assert {row["evidence"] for row in rows if row["keypoint"] == "nose"} == words
        assert {row["evidence"] for row in rows if row["keypoint"] != "nose"} == {"seen"}


def test_what_one_camera_never_sees_is_smoothed_alone_in_the_others(tmp_path):
    """Each camera's file alone is the oracle of the keypoint that the other one does not see."""
    for camera in ("left", "right"):
        written = pd.read_csv(ensemble(tmp_path, 1)[0], header=[0, 1, 2], index_col=0)
        if camera == "left":
            written.loc[:, pd.IndexSlice[:, "tail", ["x", "y", "likelihood"]]] = np.nan
        written.to_csv(tmp_path / f"{camera}.csv")
    files = [str(tmp_path / "left.csv"), str(tmp_path / "right.csv")]
    output = ["--fps", "50", "--output", str(tmp_path / "o.csv")]
    assert main(["smooth", *files, "--cameras", "left,right", *output]) == 0
    assert main(["smooth", files[1], *output]) == 0
    smoothed = {c: read_output(tmp_path / f"o_{c}.csv").droplevel(0, 1) for c in ("left", "right")}
    alone = read_output(tmp_path / "o.csv").droplevel(0, 1)["tail"]
    assert np.isfinite(alone[["x", "y"]]).all(axis=None)
    pd.testing.assert_frame_equal(smoothed["right"]["tail"], alone)
    assert smoothed["left"]["tail"]["x"].isna().all()
    assert np.isfinite(smoothed["left"]["nose"][["x", "y"]]).all(axis=None)
