import multiprocessing
import os
import signal
from unittest import mock

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_networks import pyramid_bundle

from superanimal_core.inference import predict as predict_module
from superanimal_core.inference.predict import Redetection, batch_stops, predict_video
from superanimal_core.jobs import chunked_poses
from superanimal_core.jobs.chunked_poses import predict_resumably
from superanimal_core.jobs.work_folder import work_folder
from superanimal_core.media.video import read_frames
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.video_file import write_video
from superanimal_core.tables.parquet import read_record
from superanimal_core.tables.pose_files import read_member_poses
from superanimal_core.tables.video_tables import read_boxes

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


def predict(case, folder, record=RECORD, chunk_frames=CHUNK, doubts=False):
    """With `doubts`, every fourth box is detected and lost animals are looked for again."""
    video, boxes, times, bundles = case
    more = {}
    if doubts:
        scores = np.where(np.arange(FRAMES) % 4 == 0, 0.9, np.nan)[:, None]
        more["again"] = Redetection(a_little_beside, np.isfinite(scores))
        more["boxes_used"] = folder.with_name("boxes.parquet"), scores
    with mock.patch.object(predict_module, "is_doubtful", below_what_is_usual):
        predict_resumably(
            bundles, NAMES, video, boxes, times, folder, record,
            chunk_frames=chunk_frames, device=CPU, **SETTINGS, **more,
        )  # fmt: skip


def below_what_is_usual(xy_px, score, box_xyxy_px, window_xyxy_px, usual_score):
    """Half of the poses of networks that know nothing."""
    return score.mean() < usual_score


def a_little_beside(images, before):
    """Stands for the detector, which says more digits than a table holds."""
    return [boxes + 2.123456789 for boxes in before]


def tables_in(folder):
    """All that a prediction wrote, as columns."""
    paths = [*(folder / f"member-{i}.parquet" for i in (0, 1)), folder.with_name("boxes.parquet")]
    return [pq.read_table(path).to_pydict() for path in paths if path.exists()]


def test_chunks_make_the_table_of_the_whole_video(case, tmp_path):
    predict(case, tmp_path / "predicted")
    video, boxes, times, bundles = case
    whole = predict_video(bundles, read_frames(video), boxes, times, device=CPU, **SETTINGS)
    for chunked, expected in zip(read_member_poses(tmp_path / "predicted"), whole, strict=True):
        np.testing.assert_allclose(chunked.xy_px, expected.xy_px, atol=1e-3)
        np.testing.assert_allclose(chunked.time_s, times)
    assert read_record(tmp_path / "predicted/member-1.parquet")["rule"] == "predict_poses"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["predicted", "v.mp4"]


@pytest.mark.parametrize("chunk_frames", [1, 3, 4, 7, 9, FRAMES, 1000])
def test_poses_and_boxes_do_not_depend_on_the_length_of_the_chunks(case, tmp_path, chunk_frames):
    predict(case, tmp_path / "one/predicted", chunk_frames=5000, doubts=True)
    predict(case, tmp_path / "many/predicted", chunk_frames=chunk_frames, doubts=True)
    one, many = (tables_in(tmp_path / name / "predicted") for name in ("one", "many"))
    assert len(one) == 3
    np.testing.assert_equal(many, one)


def test_the_boxes_that_were_used_are_written_and_lead_to_the_same_poses(case, tmp_path):
    """What adaptation and all later rules read: predicted in them, without doubt, nothing moves."""
    predict(case, tmp_path / "predicted", doubts=True)
    video, boxes, times, bundles = case
    used = read_boxes(tmp_path / "boxes.parquet")
    source = pq.read_table(tmp_path / "boxes.parquet")["source"].to_pylist()
    assert source[7] == "none"
    assert {source[frame] for frame in range(0, FRAMES, 4)} == {"detected"}
    found_again = np.array(source) == "found again"
    assert 3 < found_again.sum() < FRAMES - 7
    np.testing.assert_allclose(used[found_again], boxes[found_again] + 2.123456789, atol=1e-5)
    np.testing.assert_allclose(used[~found_again], boxes[~found_again], atol=1e-5)
    predict((video, used, times, bundles), tmp_path / "adapted")
    for before, after in zip(
        read_member_poses(tmp_path / "predicted"),
        read_member_poses(tmp_path / "adapted"),
        strict=True,
    ):
        np.testing.assert_allclose(after.xy_px, before.xy_px, atol=1e-3)


@pytest.mark.parametrize(
    ("stops", "chunk_frames", "edges"),
    [
        ([4, 8, 9], 5, [0, 4, 9]),
        ([4, 8, 9], 4, [0, 4, 8, 9]),
        ([4, 8, 9], 8, [0, 8, 9]),
        ([4, 8, 9], 1, [0, 4, 8, 9]),
        ([4, 8, 9], 9, [0, 9]),
        ([], 5, [0, 0]),
    ],
)
def test_chunks_end_where_batches_end(stops, chunk_frames, edges):
    parts = chunked_poses.chunks_of(stops, chunk_frames)
    assert [0, *(part.stop for part in parts)] == edges


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 9), st.integers(1, 50))
def test_the_parts_of_a_video_have_the_batches_of_the_whole(animals, batch, chunk_frames):
    has_box = np.array(animals, dtype=int).reshape(-1, 1) > np.arange(3)
    stops = batch_stops(has_box, batch)
    parts = chunked_poses.chunks_of(stops, chunk_frames)
    again = [part.start + s for part in parts for s in batch_stops(has_box[part], batch)]
    assert again == stops
    assert sum(part.stop - part.start for part in parts) == len(animals)


def _predict_until_killed(case, folder, chunks):
    torch.set_num_threads(1)
    whole, done = chunked_poses.predict_video, []

    def dying(*arguments, **settings):
        if len(done) == chunks:
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(1)
        return whole(*arguments, **settings)

    chunked_poses.predict_video = dying
    predict(case, folder, doubts=True)


@pytest.mark.parametrize("chunks", [0, 2, 4])
def test_a_killed_job_goes_on_and_gives_the_same_table(case, tmp_path, monkeypatch, chunks):
    predict(case, tmp_path / "undisturbed/predicted", doubts=True)
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
    predict(case, folder, doubts=True)
    assert len(predicted) == 5 - chunks
    np.testing.assert_equal(tables_in(folder), tables_in(tmp_path / "undisturbed/predicted"))


def test_chunks_of_other_code_do_not_mix_in(case, tmp_path):
    folder = tmp_path / "predicted"
    stale = work_folder(folder, {**RECORD, "source_digest": "0"}) / "000000000"
    stale.mkdir(parents=True)
    (stale / "member-0.parquet").write_text("of other code")
    predict(case, folder)
    assert len(read_member_poses(folder)[0]) == FRAMES
    assert not stale.exists()


def test_chunks_of_another_length_do_not_mix_in(case, tmp_path):
    """`chunk_frames` re-runs nothing, so that a killed job may go on with another one."""
    predict(case, tmp_path / "undisturbed/predicted", doubts=True)
    folder = tmp_path / "changed/predicted"
    with (
        mock.patch.object(chunked_poses, "_join", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        predict(case, folder, chunk_frames=9, doubts=True)
    assert any(work_folder(folder, RECORD).iterdir())
    predict(case, folder, doubts=True)
    np.testing.assert_equal(tables_in(folder), tables_in(tmp_path / "undisturbed/predicted"))
