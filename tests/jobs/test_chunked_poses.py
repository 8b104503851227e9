import multiprocessing
import os
import signal
from dataclasses import replace
from unittest import mock

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from tiny_networks import pyramid_bundle, pyramid_context_bundle

from superanimal_core.errors import VideoError
from superanimal_core.inference import detect as detect_module
from superanimal_core.inference import predict as predict_module
from superanimal_core.inference.detect import GivenBoxes
from superanimal_core.inference.detect_where_needed import detected_boxes
from superanimal_core.inference.predict import Redetection, predict_video
from superanimal_core.jobs import chunked_poses
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.jobs.troubled_place import OfVideo, trouble_of_place
from superanimal_core.jobs.work_folder import work_folder
from superanimal_core.media.video import read_frames
from superanimal_core.network.detector import DetectorBundle
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.video_file import write_video
from superanimal_core.tables.parquet import read_record
from superanimal_core.tables.pose_files import read_member_poses
from superanimal_core.tables.spaces import read_taught
from superanimal_core.tables.video_tables import read_boxes

FRAMES, CHUNK = 23, 5
CPU = torch.device("cpu")
SETTINGS = {"batch": 4, "precision": "float32", "scales": (1.0,), "flip": False, "device": CPU}
RECORD = {"rule": "predict_poses", "source_digest": "1"}


@pytest.fixture(params=["alone"])
def case(tmp_path, request):
    """A video, boxes in it, two networks, and at which frames a detector looks.

    The second network may look at neighboring frames.
    """
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
    if request.param == "in context":
        bundles[1] = pyramid_context_bundle(KeypointSpace("s", ("a", "b")), seed=1)
    every = "auto" if request.param == "where needed" else 4
    return tmp_path / "v.mp4", boxes, np.arange(FRAMES) / 25, bundles, every


def predict(case, folder, record=RECORD, chunk_frames=CHUNK, detects=False, unchanged=None):
    """With `detects`, some boxes are detected and lost animals are looked for again."""
    video, boxes, times, bundles, *every = case
    source = GivenBoxes(boxes, np.ones(boxes.shape[:2]))
    if detects:
        limits = {"min_score": 0.5, "every_frames": every[0], "max_gap_s": 0.0, "batch": 4}
        detector = DetectorBundle(torch.nn.Identity(), "fcos", {}, 64, None, 0, ())
        source = detected_boxes(detector, times, max_individuals=1, device=CPU, **limits)
    members = {f"member-{i}": bundle for i, bundle in enumerate(bundles)}
    records = {name: {**record, "member": name} for name in [*members, *(unchanged or {})]}
    redetection = Redetection(a_little_beside) if detects else None
    with (
        mock.patch.object(predict_module, "is_doubtful", below_what_is_usual),
        mock.patch.object(detect_module, "detect", by_the_picture),
    ):
        VideoPrediction(
            members, str(video), times, source, redetection, chunk_frames, SETTINGS
        ).write(
            folder,
            records,
            boxes=folder.with_name("boxes.parquet") if detects else None,
            unchanged=unchanged or {},
        )


def by_the_picture(detector, images, device, precision):
    """Stands for a detector: a box, with more digits than a table holds, that the pixels choose.

    It rests but for some frames in a row; in one of them there is none.
    """
    found = []
    for image in images:
        red, green = image.mean(axis=(0, 1))[:2]
        low = np.array([red, green]) / 13 + 0.123456789 + (8.0 if red > 128 else 0.0)
        box = np.concatenate([low, low + 30])[None]
        count = int(red < 130)
        found.append((box[:count], np.array([0.9])[:count]))
    return found


def below_what_is_usual(xy_px, score, box_xyxy_px, window_xyxy_px, usual_score):
    """Half of the poses of networks that know nothing."""
    return score.mean() < usual_score


def a_little_beside(images, before):
    """Stands for the detector, which says more digits than a table holds."""
    return [boxes + 2.123456789 for boxes in before]


def tables_in(folder):
    """All that a prediction wrote, as columns, and what their metadata hold."""
    paths = [*(folder / f"member-{i}.parquet" for i in (0, 1)), folder.with_name("boxes.parquet")]
    there = [path for path in paths if path.exists()]
    return [(pq.read_table(path).to_pydict(), read_record(path)) for path in there]


KINDS = pytest.mark.parametrize("case", ["alone", "in context"], indirect=True)
LOOKING_KINDS = pytest.mark.parametrize(
    "case", ["alone", "in context", "where needed"], indirect=True
)


@KINDS
def test_chunks_make_the_table_of_the_whole_video(case, tmp_path):
    predict(case, tmp_path / "predicted")
    video, boxes, times, bundles, *_ = case
    whole = predict_video(bundles, read_frames(video), boxes, times, **SETTINGS)
    for chunked, expected in zip(read_member_poses(tmp_path / "predicted"), whole, strict=True):
        np.testing.assert_allclose(chunked.xy_px, expected.xy_px, atol=1e-3)
        np.testing.assert_allclose(chunked.time_s, times)
    assert read_record(tmp_path / "predicted/member-1.parquet")["rule"] == "predict_poses"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["predicted", "v.mp4"]


@LOOKING_KINDS
@pytest.mark.parametrize("chunk_frames", [1, 3, 4, 7, 9, FRAMES, 1000])
def test_poses_and_boxes_do_not_depend_on_the_length_of_the_chunks(case, tmp_path, chunk_frames):
    predict(case, tmp_path / "one/predicted", chunk_frames=5000, detects=True)
    predict(case, tmp_path / "many/predicted", chunk_frames=chunk_frames, detects=True)
    one, many = (tables_in(tmp_path / name / "predicted") for name in ("one", "many"))
    assert len(one) == 3
    np.testing.assert_equal(many, one)


@KINDS
def test_the_boxes_that_were_used_are_written_and_lead_to_the_same_poses(case, tmp_path):
    """What adaptation and all later rules read: predicted in them, without doubt, nothing moves."""
    predict(case, tmp_path / "predicted", detects=True)
    video, _, times, bundles, *_ = case
    used = read_boxes(tmp_path / "boxes.parquet")
    source = np.array(pq.read_table(tmp_path / "boxes.parquet")["source"].to_pylist())
    is_detected = np.arange(FRAMES) % 4 == 0
    assert set(source[is_detected]) == {"detected"}
    assert set(source[~is_detected]) == {"interpolated", "found again"}
    is_found_again = source == "found again"
    before = np.array(
        [
            np.interp(range(FRAMES), np.flatnonzero(is_detected), used[is_detected, 0, side])
            for side in range(4)
        ]
    )
    moved = used[:, 0] - before.T
    np.testing.assert_allclose(moved[is_found_again], 2.123456789, atol=1e-4)
    np.testing.assert_allclose(moved[~is_found_again], 0, atol=1e-4)
    predict((video, used, times, bundles), tmp_path / "adapted")
    for before, after in zip(
        read_member_poses(tmp_path / "predicted"),
        read_member_poses(tmp_path / "adapted"),
        strict=True,
    ):
        np.testing.assert_allclose(after.xy_px, before.xy_px, atol=1e-3)


@pytest.mark.parametrize(
    ("case", "looks"),
    [
        ("alone", [0, 4, 8, 12, 16, 20]),
        ("where needed", [0, 1, 3, 7, 15, 22]),  # twice as far each time, where boxes rest; the end
    ],
    indirect=["case"],
)
def test_the_frames_that_the_detector_looked_at_are_counted_once(case, tmp_path, looks, capsys):
    """Those in which it looked again, too."""
    predict(case, tmp_path / "predicted", detects=True)
    table = pq.read_table(tmp_path / "boxes.parquet").to_pandas()
    told = read_record(tmp_path / "boxes.parquet")["frames_looked_at"]
    assert f"the detector looked at {told} of {FRAMES} frames" in capsys.readouterr().out
    seen = set(table.frame[table.source.isin(["detected", "found again"])])
    assert told == len(seen) < FRAMES
    assert set(table.frame[table.source == "detected"]) <= {*looks} <= seen


def test_poses_of_further_members_are_taken_as_they_are(case, tmp_path):
    predict(case, tmp_path / "predicted")
    video, boxes, times, _, *_ = case
    old = {f"member-{i}": str(tmp_path / f"predicted/member-{i}.parquet") for i in (0, 1)}
    predict((video, boxes, times, []), tmp_path / "adapted", {"rule": "other"}, unchanged=old)
    for name, path in old.items():
        new = tmp_path / "adapted" / f"{name}.parquet"
        assert pq.read_table(new).to_pandas().equals(pq.read_table(path).to_pandas())
        assert read_record(new)["rule"] == "other"
        assert read_record(new)["member"] == name


def test_a_video_that_has_lost_its_end_since_it_was_probed_fails(case, tmp_path):
    video, boxes, _, bundles, *_ = case
    longer = np.concatenate([boxes, boxes]), np.arange(2 * FRAMES) / 25
    with pytest.raises(VideoError, match=f"gives {FRAMES} frames, and gave {2 * FRAMES}") as told:
        predict((video, *longer, bundles), tmp_path / "predicted")
    found = trouble_of_place(told.value, [video], OfVideo("results/videos/v", str(video), True))
    assert found is not None  # FFmpeg keeps to itself that a server is away
    assert "and no video counts as failed yet. It is tried again" in found.sentence()


def _predict_until_killed(case, folder, chunks):
    torch.set_num_threads(1)
    keep, done = VideoPrediction._keep, []

    def dying(*arguments):
        if len(done) == chunks:
            os.kill(os.getpid(), signal.SIGKILL)
        done.append(1)
        return keep(*arguments)

    VideoPrediction._keep = dying
    predict(case, folder, detects=True)


@LOOKING_KINDS
@pytest.mark.parametrize("chunks", [0, 1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_job_goes_on_and_gives_the_same_table(case, tmp_path, monkeypatch, chunks):
    predict(case, tmp_path / "undisturbed/predicted", detects=True)
    folder = tmp_path / "killed/predicted"
    job = multiprocessing.get_context("spawn").Process(
        target=_predict_until_killed, args=(case, folder, chunks)
    )
    job.start()
    job.join()
    assert job.exitcode == -signal.SIGKILL
    assert not folder.exists()
    starts = []
    whole = chunked_poses.read_frames
    monkeypatch.setattr(
        chunked_poses, "read_frames", lambda path, start: starts.append(start) or whole(path, start)
    )
    predict(case, folder, detects=True)
    assert starts == [
        [0, 8, 12][chunks]
    ]  # batches of 4: a chunk ends with the one that makes 5, 10
    np.testing.assert_equal(tables_in(folder), tables_in(tmp_path / "undisturbed/predicted"))


def _cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("state.npz", lambda path: path.write_bytes(b"")),
        ("state.npz", _cut),
        ("state.npz", os.remove),
        ("member-0.parquet", lambda path: path.write_bytes(b"")),
        ("member-1.parquet", _cut),
        ("member-1.parquet", os.remove),
    ],
)
def test_a_chunk_that_a_power_cut_damaged_is_predicted_again(
    case, tmp_path, monkeypatch, capsys, file, damage
):
    predict(case, tmp_path / "undisturbed/predicted", detects=True)
    folder = tmp_path / "cut/predicted"
    monkeypatch.setattr(chunked_poses, "_join", mock.Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        predict(case, folder, detects=True)
    monkeypatch.undo()
    (second,) = folder.parent.glob(".predicted-*/*008-*12")
    damage(second / file)
    starts = []
    whole = chunked_poses.read_frames
    monkeypatch.setattr(
        chunked_poses, "read_frames", lambda path, start: starts.append(start) or whole(path, start)
    )
    predict(case, folder, detects=True)
    assert starts == [8]
    assert f"{second.name}: cannot be read" in capsys.readouterr().out
    np.testing.assert_equal(tables_in(folder), tables_in(tmp_path / "undisturbed/predicted"))


def test_chunks_of_other_code_do_not_mix_in(case, tmp_path):
    folder = tmp_path / "predicted"
    stale = work_folder(folder, {"member-0": {**RECORD, "source_digest": "0"}})
    stale = stale / "000000000-000000023"
    stale.mkdir(parents=True)
    (stale / "member-0.parquet").write_text("of other code")
    predict(case, folder)
    assert len(read_member_poses(folder)[0]) == FRAMES
    assert not stale.exists()


@LOOKING_KINDS
def test_chunks_of_another_length_do_not_mix_in(case, tmp_path):
    """`chunk_frames` re-runs nothing, so that a killed job may go on with another one."""
    predict(case, tmp_path / "undisturbed/predicted", detects=True)
    folder = tmp_path / "changed/predicted"
    with (
        mock.patch.object(chunked_poses, "_join", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        predict(case, folder, chunk_frames=9, detects=True)
    assert any(any(path.iterdir()) for path in folder.parent.glob(".predicted-*"))
    predict(case, folder, detects=True)
    np.testing.assert_equal(tables_in(folder), tables_in(tmp_path / "undisturbed/predicted"))


@LOOKING_KINDS
def test_what_is_usual_does_not_depend_on_a_kill(case, tmp_path, monkeypatch):
    usual, keep = [], VideoPrediction._keep

    def asked(*arguments):
        usual.append(arguments[-1])
        return False

    def dying(self, work, start, *seen):
        if start == 12:
            raise KeyboardInterrupt
        return keep(self, work, start, *seen)

    monkeypatch.setitem(globals(), "below_what_is_usual", asked)
    predict(case, tmp_path / "undisturbed/predicted", detects=True)
    undisturbed = usual.copy()
    with mock.patch.object(VideoPrediction, "_keep", dying), pytest.raises(KeyboardInterrupt):
        predict(case, tmp_path / "killed/predicted", detects=True)
    usual.clear()
    predict(case, tmp_path / "killed/predicted", detects=True)
    assert 0 < len(usual) < len(undisturbed)
    assert usual == undisturbed[-len(usual) :]


def test_each_table_says_what_its_own_network_was_taught(case, tmp_path):
    video, boxes, times, (first, second), *_ = case
    case = video, boxes, times, [replace(first, taught=("a",)), second]
    predict(case, tmp_path / "predicted")
    assert read_taught(tmp_path / "predicted/member-0.parquet") == ("a",)
    assert read_taught(tmp_path / "predicted/member-1.parquet") == ("a", "b")
    one, other = read_member_poses(tmp_path / "predicted")
    assert np.isnan(one.xy_px[..., 1, :]).all()
    has_box = np.isfinite(boxes).all(axis=2)
    assert np.isfinite(other.xy_px[has_box]).any(axis=(0, 2)).all()  # some are out of view
