import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from tiny_networks import pyramid_bundle

from superanimal_core.inference.predict import predict_video
from superanimal_core.jobs import chunked_poses
from superanimal_core.jobs.chunked_poses import predict_resumably
from superanimal_core.jobs.work_folder import work_folder
from superanimal_core.media.video import read_frames
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.video_file import write_video
from superanimal_core.tables.parquet import read_record
from superanimal_core.tables.pose_files import read_member_poses, read_poses

FRAMES, CHUNK = 23, 5
NAMES = ["models/m/member-0", "models/m/member-1"]
SETTINGS = {"batch": 4, "precision": "float32", "scales": (1.0,), "flip": False}
CPU = torch.device("cpu")
RECORD = {"rule": "predict_poses", "source_digest": "1"}


@pytest.fixture
def case(tmp_path):
    """A video, boxes in it, and two networks."""
    random = np.random.default_rng(0)
    frames = random.integers(0, 255, (FRAMES, 64, 64, 3)).astype(np.uint8)
    write_video(iter(frames), tmp_path / "v.mp4", 25)
    low = random.uniform(0, 20, (FRAMES, 1, 2))
    boxes = np.concatenate([low, low + 30], axis=2)
    boxes[7] = np.nan
    bundles = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        bundles.append(pyramid_bundle(KeypointSpace("s", ("a", "b"))))
        bundles[-1].network.head.weight.data.normal_()
    return tmp_path / "v.mp4", boxes, np.arange(FRAMES) / 25, bundles


def predict(case, folder, record=RECORD):
    video, boxes, times, bundles = case
    predict_resumably(
        bundles, NAMES, video, boxes, times, folder, record,
        chunk_frames=CHUNK, device=CPU, **SETTINGS,
    )  # fmt: skip


def test_chunks_make_the_table_of_the_whole_video(case, tmp_path):
    predict(case, tmp_path / "predicted")
    video, boxes, times, bundles = case
    whole = predict_video(bundles, read_frames(video), boxes, times, device=CPU, **SETTINGS)
    for chunked, expected in zip(read_member_poses(tmp_path / "predicted"), whole, strict=True):
        np.testing.assert_allclose(chunked.xy_px, expected.xy_px, atol=1e-3)
        np.testing.assert_allclose(chunked.time_s, times)
    assert read_record(tmp_path / "predicted/member-1.parquet")["rule"] == "predict_poses"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["predicted", "v.mp4"]


def _predict_until_killed(case, folder, chunks):
    torch.set_num_threads(1)
    whole, done = chunked_poses.predict_video, []

    def dying(*arguments, **settings):
        if len(done) == chunks:
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(1)
        return whole(*arguments, **settings)

    chunked_poses.predict_video = dying
    predict(case, folder)


@pytest.mark.parametrize("chunks", [0, 2, 4])
def test_a_killed_job_goes_on_and_gives_the_same_table(case, tmp_path, monkeypatch, chunks):
    predict(case, tmp_path / "undisturbed/predicted")
    folder = tmp_path / "killed/predicted"
    job = multiprocessing.get_context("spawn").Process(
        target=_predict_until_killed, args=(case, folder, chunks)
    )
    job.start()
    job.join()
    assert job.exitcode == -signal.SIGKILL
    assert not folder.exists()
    predicted = []
    whole = chunked_poses.predict_video
    monkeypatch.setattr(
        chunked_poses,
        "predict_video",
        lambda *a, **k: predicted.append(len(a[3])) or whole(*a, **k),
    )
    predict(case, folder)
    assert len(predicted) == 5 - chunks
    for name in ("member-0.parquet", "member-1.parquet"):
        again = read_poses(folder / name)
        expected = read_poses(tmp_path / "undisturbed/predicted" / name)
        assert np.array_equal(again.xy_px, expected.xy_px, equal_nan=True)
        assert np.array_equal(again.score, expected.score)


def test_chunks_of_other_code_do_not_mix_in(case, tmp_path):
    folder = tmp_path / "predicted"
    stale = work_folder(folder, {**RECORD, "source_digest": "0"}) / "000000000"
    stale.mkdir(parents=True)
    (stale / "member-0.parquet").write_text("of other code")
    predict(case, folder)
    assert len(read_member_poses(folder)[0]) == FRAMES
    assert not stale.exists()
