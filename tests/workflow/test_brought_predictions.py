"""A study without a network of ours: predictions of another program, from its files to the end."""

import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from drawn_study import write_synthetic_video
from tiny_study import FPS, FRAMES, SPACE, planned, quality_rows, run_snakemake

from superanimal_core.media.images import write_image
from superanimal_core.media.video import read_frames
from superanimal_core.synthetic.casting import mouse_video_scene
from superanimal_core.tables.pose_files import read_smoothed_and_error

THEIRS = {"snout": "nose", "tailbase": "tail_base", "neck": "neck", "middle": "mouse_center"}
ERROR_PX = 1.5
SETTINGS = {
    "models": {"theirs": {"predictions": {"format": "deeplabcut", "space": SPACE}}},
    "report": {"labeled_videos": ["mouse0"]},
    "exports": ["deeplabcut_csv", "sleap_slp"],
    "quality": {"max_failed_fraction": 1.0},
}


def truth_of(study, video):
    """Position (px) of each keypoint that is called as theirs, by frame."""
    table = pd.read_parquet(study / f"raw/{video}.truth.parquet")
    wide = table.pivot(index="frame", columns="keypoint", values=["x_px", "y_px"])
    return {own: wide[[("x_px", name), ("y_px", name)]].to_numpy() for own, name in THEIRS.items()}


def table_of(positions, **more):
    """A table with DeepLabCut's header rows, whose pixel centers are whole numbers."""
    columns = {}
    for name, xy in positions.items():
        columns |= {("net", name, "x"): xy[:, 0] - 0.5, ("net", name, "y"): xy[:, 1] - 0.5}
        columns |= {("net", name, coord): value for coord, value in more.items()}
    table = pd.DataFrame(columns)
    table.columns.names = ["scorer", "bodyparts", "coords"]
    return table


def write_predictions(study, video, frames=FRAMES):
    """Two networks that err by ERROR_PX around the truth."""
    random = np.random.default_rng(0)
    for net in range(2):
        truth = truth_of(study, video)
        erring = {
            n: xy[:frames] + random.normal(0, ERROR_PX, (frames, 2)) for n, xy in truth.items()
        }
        table_of(erring, likelihood=0.9).to_csv(study / f"dlc/{video}-net{net}.csv")


def write_labels(study, video):
    """Labels of every second frame, as a DeepLabCut project has them."""
    folder = study / f"lab/labeled-data/{video}"
    folder.mkdir(parents=True)
    for frame, image in enumerate(read_frames(study / f"raw/{video}.mp4")):
        write_image(image, folder / f"img{frame:03d}.png")
    labels = table_of(truth_of(study, video)).iloc[::2]
    labels.index = [f"labeled-data/{video}/img{frame:03d}.png" for frame in labels.index]
    labels.to_csv(folder / "CollectedData_me.csv")


@pytest.fixture(scope="module")
def brought(tmp_path_factory):
    """Three videos with the tables of two networks each, labels of two, and a table of names."""
    study = tmp_path_factory.mktemp("brought") / "study"
    for folder in ("dlc", "raw", f"config/keypoints/{SPACE}"):
        (study / folder).mkdir(parents=True)
    for number in range(3):
        scene = mouse_video_scene(number, FRAMES / FPS)
        write_synthetic_video(scene, study / f"raw/mouse{number}.mp4", FPS, FRAMES)
        write_predictions(study, f"mouse{number}", frames=FRAMES - 5 if number == 2 else FRAMES)
    write_labels(study, "mouse0")
    write_labels(study, "mouse1")
    rows = [f"raw/mouse{n}.mp4\tdlc/mouse{n}-net*.csv" for n in range(3)]
    (study / "config/videos.tsv").write_text("\n".join(["path\tpredictions", *rows, ""]))
    lab = f"lab\tlab\tdeeplabcut\t{SPACE}\tevaluate"
    (study / "config/datasets.tsv").write_text(f"dataset\tpath\tformat\tspace\trole\n{lab}\n")
    rows = "".join(f"{own}\t{unified}\n" for own, unified in THEIRS.items())
    for table in ("lab", "theirs"):
        path = study / f"config/keypoints/{SPACE}/{table}.tsv"
        path.write_text(f"source\tunified\n{rows}")
    (study / "config/config.yaml").write_text(yaml.safe_dump(SETTINGS))
    return study


@pytest.fixture
def own(brought, tmp_path):
    """A copy of that study."""
    return shutil.copytree(brought, tmp_path / "own")


def test_no_network_is_made_and_none_is_asked(workflow, brought):
    jobs = planned(run_snakemake(workflow, brought, "-n"))
    assert jobs["read_predictions"] == jobs["smooth_poses"] == jobs["check_video"] == 3
    assert jobs["evaluate_predictions"] == jobs["calibrate_uncertainty"] == 1
    made = {"pretrain", "train_detector", "predict_poses", "adapt_to_video", "evaluate_model"}
    assert not made & jobs.keys()


def test_a_name_that_the_space_lacks_is_told_before_any_job(workflow, own):
    (own / f"config/keypoints/{SPACE}/theirs.tsv").unlink()
    told = run_snakemake(workflow, own, "-n").stdout
    assert "1 to mend before anything runs" in told
    assert f"dlc/mouse0-net0.csv: keypoint space '{SPACE}' has no 'snout'" in told
    assert f"write config/keypoints/{SPACE}/theirs.tsv" in told


@pytest.mark.slow
def test_the_chain_goes_from_given_tables_to_the_report(workflow, own):
    (own / "dlc/mouse1-net1.csv").write_text("what is this?\n")
    result = run_snakemake(workflow, own)
    assert result.returncode == 0, result.stdout[-6000:]
    rows = quality_rows(own)
    assert rows["mouse0"]["status"] in ("ok", "flagged")
    assert (rows["mouse1"]["status"], rows["mouse1"]["stage"]) == ("failed", "read_predictions")
    assert "dlc/mouse1-net1.csv" in rows["mouse1"]["reason"]
    assert "mouse2-net0.csv has 35 frames, the video 40" in rows["mouse2"]["reason"]
    smoothed, _ = read_smoothed_and_error(own / "results/videos/mouse0/poses.parquet")
    np.testing.assert_allclose(smoothed.poses.time_s, np.arange(FRAMES) / FPS, atol=1e-6)
    for name, unified in THEIRS.items():
        found = smoothed.poses.xy_px[:, 0, smoothed.poses.space.index(unified)]
        apart = np.linalg.norm(found - truth_of(own, "mouse0")[name], axis=1)
        assert np.median(apart) < ERROR_PX  # better than one network, whose median is 1.18 of it
    evaluation = pq.read_table(own / "results/models/theirs/evaluation.parquet").to_pandas()
    whole = evaluation[(evaluation.keypoint == "all") & (evaluation.member == "0")]
    # the mean of a distance whose coordinates have a deviation of ERROR_PX (Rayleigh)
    np.testing.assert_allclose(whole.mean_error_px, ERROR_PX * np.sqrt(np.pi / 2), rtol=0.15)
    assert "predictions of another program" in (own / "results/report/index.html").read_text()
    assert (own / "results/videos/mouse0/labeled.mp4").is_file()
    given = pd.read_csv(own / "results/exports/deeplabcut_csv/mouse0/mouse0.csv", header=[0, 1, 2])
    nose = smoothed.poses.xy_px[:, 0, smoothed.poses.space.index("nose")]
    np.testing.assert_allclose(given["superanimal"]["nose"][["x", "y"]], nose - 0.5, atol=1e-3)
    assert (own / "results/exports/sleap_slp/mouse2/mouse2.slp").is_file()
    assert not (own / "results/exports/sleap_slp/mouse1/mouse1.slp").exists()


@pytest.mark.slow
def test_labels_of_two_videos_calibrate_what_was_brought(workflow, own):
    poses = "results/videos/mouse2/poses.parquet"
    result = run_snakemake(workflow, own, poses)
    assert result.returncode == 0, result.stdout[-6000:]
    smoothed, expected = read_smoothed_and_error(own / poses)
    nose = smoothed.poses.space.index("nose")
    assert np.isfinite(expected.expected_error_px[:35, 0, nose]).all()
    assert 0.3 * ERROR_PX < np.median(expected.expected_error_px[:30, 0, nose]) < 3 * ERROR_PX
