from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from tiny_networks import pyramid_bundle, pyramid_context_bundle

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference import adapt, verdicts
from superanimal_core.inference.adaptation_training import adaptation_training
from superanimal_core.inference.detect import GivenBoxes
from superanimal_core.inference.lessons import Knowledge
from superanimal_core.inference.predict import predict_video
from superanimal_core.inference.teachers import own_lesson
from superanimal_core.inference.teaching_frames import alike
from superanimal_core.inference.witnesses import Evidence
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.jobs.video_adaptation import VideoAdaptation
from superanimal_core.media.images import read_image
from superanimal_core.media.video import read_frames
from superanimal_core.models import adaptation as adaptation_module
from superanimal_core.models.adaptation import Adaptation, Pictures
from superanimal_core.models.bundles import read_bundle, read_members
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import LabelState
from superanimal_core.pose.poses import Poses
from superanimal_core.report.video_file import write_video
from superanimal_core.settings import AugmentSettings
from superanimal_core.tables.parquet import read_record
from superanimal_core.tables.pose_files import read_poses
from superanimal_core.tables.spaces import read_taught
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels

FRAMES = 24
KNOWN = Knowledge(
    None,
    {
        "method": "none",
        "settings": {"center": "median", "min_score": 0.0},
        "views": {"latent": 3, "keep_quantile": 0.5, "inflation_rounds": 0, "mirrors": []},
    },
)
INFERENCE = {"batch": 4, "precision": "float32", "scales": (1.0,), "flip": False}
SELECT = {"frames": "spread", "every_frames": 2, "max_frames": 8}
ANYTHING = {"min_score": 0.0, "max_jitter_ratio": 1e9, "max_displacement_ratio": 1e9}
NOTHING = {"min_score": 0.0, "max_jitter_ratio": 0.0, "max_displacement_ratio": 0.0}
AUGMENT = AugmentSettings(
    rotation_deg=20, scale=0.2, shift=0.05, flip=0.0,
    brightness=0.1, contrast=0.1, noise=0.01, blur=0.1, cutout=0.0, picture_edge=0, patch_mask=None,
)  # fmt: skip
TRAINING = {
    "steps": 3, "batch": 4, "learning_rate": 1e-3, "weight_decay": 0.01, "gradient_clip": 5.0,
    "ema_decay": 0.5, "sampling_temperature": 1.0, "not_labeled_weight": 0.0,
    "log_every_steps": 1, "precision": "float32", "early_stopping": None,
}  # fmt: skip


@pytest.fixture
def study(tmp_path):
    """A video of a wandering blob, three networks, and what they see of it."""
    random = np.random.default_rng(0)
    frames = np.full((FRAMES, 96, 128, 3), 60, np.uint8)
    low = 35 + np.cumsum(random.normal(0, 2, (FRAMES, 2)), axis=0)
    for image, (x, y) in zip(frames, low.round().astype(int), strict=True):
        image[y : y + 20, x : x + 20] = random.integers(100, 255, (20, 20, 3))
    write_video(iter(frames), tmp_path / "v.mp4", 25)
    boxes = np.concatenate([low - 5, low + 25], axis=1)[:, None].astype(np.float32).astype(float)
    for seed in range(3):
        torch.manual_seed(seed)
        bundle = pyramid_bundle(KeypointSpace("s", ("a", "b")))
        bundle.network.head.weight.data.normal_()
        write_bundle(bundle, tmp_path / f"models/member-{seed}", {}, History())
    return tmp_path, boxes


def predict(study, seeds):
    """What the members of these seeds see; their folders."""
    folder, boxes = study
    members = [str(folder / f"models/member-{seed}") for seed in seeds]
    bundles, times = read_members(members), np.arange(FRAMES) / 25
    source = GivenBoxes(boxes, np.ones(boxes.shape[:2]))
    VideoPrediction(
        bundles, str(folder / "v.mp4"), times, source, None, 9,
        {**INFERENCE, "device": torch.device("cpu")},
    ).write(folder / "predicted", {name: {"seeds": seeds} for name in bundles})  # fmt: skip
    return members


def adapted(study, seeds, judge=ANYTHING, steps=3, teacher="own", **shared):
    """Predict and adapt with the members of these seeds; the folder of the adapted predictions."""
    folder, boxes = study
    members, times = predict(study, seeds), np.arange(FRAMES) / 25
    settings = {"judge": judge, "steps": steps}
    adaptation = Adaptation(
        video=str(folder / "v.mp4"),
        size_px=(128, 96),
        boxes_xyxy_px=boxes,
        held_out_fraction=0.25,
        select=SELECT,
        judge=judge,
        training=TRAINING | {"steps": steps},
        augment=AUGMENT,
        inference=INFERENCE,
    )
    VideoAdaptation(
        adaptation,
        teacher,
        0.0,
        KNOWN,
        str(folder / "predicted"),
        times,
        chunk_frames=9,
        threads=1,
        record={"source_digest": "1", "settings": settings, "inputs": {"seeds": str(seeds)}},
        **shared,
    ).write(members, folder / "adapted")
    return folder / "adapted"


def plainly_adapted(study, seed):
    """What one member becomes, from whole frames and without any of the bookkeeping."""
    folder, boxes = study
    device, bundle = use_device(1, seed), read_bundle(folder / f"models/member-{seed}")
    frames = list(read_frames(folder / "v.mp4"))
    poses = read_poses(folder / f"predicted/member-{seed}.parquet")
    held, lesson = adapt.held_out_frames(FRAMES, 0.25), own_lesson(poses, min_score=0.0)
    labels = adapt.select_pseudo_labels(
        lesson, poses, boxes, (128, 96), video="v", held=held, looks=alike, **SELECT
    )
    fit_labels(
        bundle,
        labels,
        lambda name: frames[int(name.rpartition("=")[2])],
        adaptation_training(**TRAINING),
        AUGMENT,
        seed=seed,
        device=device,
        tell=lambda *_: None,
    )
    return predict_video([bundle], frames, boxes, poses.time_s, device=device, **INFERENCE)[0]


def test_adapted_members_are_those_of_whole_frames_one_by_one(study, judged):
    folder = adapted(study, [0, 1])
    for seed in (0, 1):
        found, expected = (
            read_poses(folder / f"member-{seed}.parquet"),
            plainly_adapted(study, seed),
        )
        before = read_poses(study[0] / f"predicted/member-{seed}.parquet")
        assert np.abs(expected.score - before.score).max() > 1e-3  # it has learned something
        np.testing.assert_allclose(found.score, expected.score, atol=1e-4)
        np.testing.assert_allclose(found.xy_px, expected.xy_px, atol=0.05)
        assert read_record(folder / f"member-{seed}.parquet")["verdict"]["is_kept"]


@pytest.fixture
def judged(monkeypatch):
    """What the witnesses say is not heard: these networks have learned nothing of an animal."""
    heard = Evidence(*[float("nan")] * 5, [])
    monkeypatch.setattr(verdicts, "hear_witness", lambda *_: heard)


def test_a_member_that_is_rolled_back_saw_what_it_saw_before(study):
    folder = adapted(study, [0, 1], judge=NOTHING)
    for seed in (0, 1):
        before = pq.read_table(study[0] / f"predicted/member-{seed}.parquet")
        after = pq.read_table(folder / f"member-{seed}.parquet")
        assert after.to_pandas().equals(before.to_pandas())
        verdict = read_record(folder / f"member-{seed}.parquet")["verdict"]
        assert not verdict["is_kept"]


def test_networks_that_agree_on_nothing_are_rolled_back(study):
    """Heads drawn by lot: whatever they learn of each other, nobody vouches for an animal."""
    folder = adapted(study, [0, 1, 2], teacher="median")
    for seed in range(3):
        verdict = read_record(folder / f"member-{seed}.parquet")["verdict"]
        assert not verdict["is_kept"]
        assert "vouched for" in verdict["reason"]


@pytest.fixture
def taught(monkeypatch):
    """The names of the members that were taught, in their order."""
    names = []

    def noted(*arguments, seed, **options):
        names.append(seed)
        return fit_labels(*arguments, seed=seed, **options)

    monkeypatch.setattr(adaptation_module, "fit_labels", noted)
    return names


def test_when_all_have_seen_the_video_no_network_is_left_on_the_disk(study, judged):
    folder = adapted(study, [0, 1])
    assert not (study[0] / "adapted-models").exists()
    tables = [f"member-{seed}.{kind}" for seed in (0, 1) for kind in ("jpg", "parquet")]
    assert sorted(path.name for path in folder.iterdir()) == tables
    picture = read_image(str(folder / "member-0.jpg"))
    assert picture.shape == (200, 600, 3)
    assert picture.std() > 10


def test_each_is_judged_by_all_others_so_that_one_more_seed_teaches_anew(study, taught):
    adapted(study, [0, 1])
    adapted(study, [0, 1, 2])
    assert taught == [0, 1, 0, 1, 2]
    assert len(list((study[0] / "adapted").glob("*.parquet"))) == 3


def test_a_seed_less_leaves_nothing(study):
    adapted(study, [0, 1])
    adapted(study, [1])
    assert {path.stem for path in (study[0] / "adapted").iterdir()} == {"member-1"}


def test_the_teacher_decides_what_is_taught(study, monkeypatch):
    """Its own predictions to each, or to all the ensemble's; weights are below those of labels."""
    given = []

    def noted(bundle, labels, *arguments, **options):
        given.append(labels)
        return fit_labels(bundle, labels, *arguments, **options)

    monkeypatch.setattr(adaptation_module, "fit_labels", noted)
    for teacher in ("own", "median", "smoothed"):
        adapted(study, [0, 1, 2], teacher=teacher)
    own, median, smoothed = given[:3], given[3:6], given[6:]
    poses = [read_poses(study[0] / f"predicted/member-{seed}.parquet") for seed in range(3)]
    rows = adapt.labeled_frames(own[0])
    for seed in range(3):
        np.testing.assert_array_equal(own[seed].xy_px, poses[seed].xy_px[rows, 0])
        middle = np.median([each.xy_px[rows, 0] for each in poses], axis=0)
        np.testing.assert_allclose(median[seed].xy_px, middle)
        np.testing.assert_allclose(smoothed[seed].xy_px, middle)  # this study smooths nothing
        assert (own[seed].weight == 1).all()
        assert ((median[seed].weight > 0) & (median[seed].weight < 1)).all()


def test_other_settings_another_model_and_other_boxes_teach_anew(study, taught):
    folder, boxes = study
    adapted(study, [0])
    adapted(study, [0], steps=4)
    adapted((folder, boxes + 1), [0], steps=4)
    write_bundle(read_bundle(folder / "models/member-1"), folder / "models/member-0", {}, History())
    adapted((folder, boxes + 1), [0], steps=4)
    assert taught == [0, 0, 0, 0]


@pytest.fixture
def killed_at_the_second(monkeypatch, taught):
    """The first job ends while its second network learns."""
    learn, calls = adaptation_module.fit_labels, []

    def counted(*arguments, **settings):
        calls.append(1)
        learned = learn(*arguments, **settings)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return learned

    monkeypatch.setattr(adaptation_module, "fit_labels", counted)


def test_a_killed_adaptation_goes_on_with_the_member_that_it_was_at(
    study, taught, killed_at_the_second
):
    with pytest.raises(KeyboardInterrupt):
        adapted(study, [0, 1, 2])
    assert not (study[0] / "adapted").exists()
    going_on = adapted(study, [0, 1, 2])
    assert taught == [0, 1, 1, 2]
    in_one_go = {path.name: pq.read_table(path) for path in going_on.glob("*.parquet")}
    for path in adapted(study, [0, 1, 2]).glob("*.parquet"):
        assert pq.read_table(path).equals(in_one_go[path.name])


def test_a_job_killed_while_it_judges_has_nothing_to_learn_again(study, taught, monkeypatch):
    judge = adaptation_module.judge_adaptation

    def killed(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(adaptation_module, "judge_adaptation", killed)
    with pytest.raises(KeyboardInterrupt):
        adapted(study, [0, 1])
    monkeypatch.setattr(adaptation_module, "judge_adaptation", judge)
    assert len(list(adapted(study, [0, 1]).glob("*.parquet"))) == 2
    assert taught == [0, 1]


def test_each_is_judged_by_what_all_say_before_and_afterwards(study, monkeypatch):
    given = []

    def noted(before, after, *arguments, witness, **settings):
        given.append((before, after, witness))
        return judge(before, after, *arguments, witness=witness, **settings)

    judge = adaptation_module.judge_adaptation
    monkeypatch.setattr(adaptation_module, "judge_adaptation", noted)
    adapted(study, [0, 1, 2])
    for number, (before, _, witness) in enumerate(given):
        others = [each for place, each in enumerate(given) if place != number]
        for place, (said, learned, _) in enumerate(others):
            assert witness.others[place] is said
            assert witness.others_after[place] is learned
        held = adapt.held_out_frames(FRAMES, 0.25)
        first = read_poses(study[0] / f"predicted/member-{number}.parquet")
        np.testing.assert_array_equal(before.xy_px, first.xy_px[held])
        assert witness.is_strange_after is None  # no labels have told what is usual


def test_what_is_unlike_labels_is_asked_of_held_out_frames_alone(study, monkeypatch):
    """Of a day's video the judge takes no longer than of an hour's."""
    held, given, heard = adapt.held_out_frames(FRAMES, 0.25), [], []
    is_strange = np.arange(len(held))[:, None] % 2 == 0

    def told(members, calibration):
        given.append(members)
        return is_strange

    def noted(*arguments, witness, **settings):
        heard.append(witness)
        return judge(*arguments, witness=witness, **settings)

    judge = adaptation_module.judge_adaptation
    monkeypatch.setattr(adaptation_module, "strange_animals", told)
    monkeypatch.setattr(adaptation_module, "judge_adaptation", noted)
    adapted(study, [0])
    first = read_poses(study[0] / "predicted/member-0.parquet")
    np.testing.assert_array_equal(given[0][0].xy_px, first.xy_px[held])
    np.testing.assert_array_equal(heard[0].is_strange, is_strange)


def test_a_model_without_its_weights_is_taught_anew_and_other_files_stay(
    study, taught, killed_at_the_second
):
    with pytest.raises(KeyboardInterrupt):
        adapted(study, [0, 1])
    folder = study[0] / "adapted-models"
    (folder / "member-0/weights.safetensors").unlink()
    (folder / "member-notes.txt").write_text("mine")
    adapted(study, [0, 1])
    assert taught == [0, 1, 0, 1]
    assert [path.name for path in folder.iterdir()] == ["member-notes.txt"]


@pytest.mark.parametrize("file", ["weights.safetensors", "history.parquet"])
def test_a_model_that_lost_the_end_of_a_file_is_taught_anew(
    study, taught, killed_at_the_second, file
):
    """As after a power cut, when names reach the disk before what they name."""
    with pytest.raises(KeyboardInterrupt):
        adapted(study, [0, 1])
    torn = study[0] / "adapted-models/member-0" / file
    torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    adapted(study, [0, 1])
    assert taught == [0, 1, 0, 1]


def test_normalization_statistics_stay_those_of_the_labels_bit_by_bit(
    study, judged, killed_at_the_second
):
    with pytest.raises(KeyboardInterrupt):
        adapted(study, [0, 1])
    after = read_bundle(study[0] / "adapted-models/member-0").network.state_dict()
    before = read_bundle(study[0] / "models/member-0").network.state_dict()
    statistics = [name for name in before if "running" in name or "num_batches" in name]
    assert len(statistics) > 10
    assert all(torch.equal(before[name], after[name]) for name in statistics)
    assert not all(torch.equal(before[name], after[name]) for name in before)


def test_adapting_to_one_video_touches_no_other(study):
    """Whatever lies beside the video's folder stays as it is, to the byte and the date."""
    folder, _ = study
    other = folder / "other/adapted-models/member-0"
    other.mkdir(parents=True)
    (other / "weights.safetensors").write_bytes(b"of another video")
    known = [path for path in folder.rglob("*") if path.is_file()]
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in known}
    adapted(study, [0, 1])
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in known} == before


@pytest.mark.parametrize("judge", [ANYTHING, NOTHING])
def test_what_a_parent_was_not_taught_stays_out_of_its_adaptation(
    study, judged, judge, monkeypatch
):
    folder, _ = study
    parent = replace(read_bundle(folder / "models/member-0"), taught=("b",))
    write_bundle(parent, folder / "models/member-0", {}, History())
    labels = []

    def noted(bundle, given, *arguments, **options):
        labels.append(given)
        return fit_labels(bundle, given, *arguments, **options)

    monkeypatch.setattr(adaptation_module, "fit_labels", noted)
    table = adapted(study, [0], judge=judge) / "member-0.parquet"
    assert (labels[0].state == [LabelState.NOT_IN_DATASET, LabelState.TAUGHT]).all()
    assert read_taught(table) == read_taught(folder / "predicted/member-0.parquet") == ("b",)
    poses, record = read_poses(table), read_record(table)
    assert np.isnan(poses.xy_px[:, :, 0]).all()
    assert (poses.score[:, :, 0] == 0).all()
    assert np.isfinite(poses.xy_px[:, :, 1]).all()
    assert record["verdict"]["dropped_before"] == record["verdict"]["dropped_after"] == 0


def test_a_network_that_looks_at_neighboring_frames_is_not_adapted():
    """One that was imported, so that no setting tells what it is."""
    bundle = pyramid_context_bundle(KeypointSpace("s", ("a", "b")))
    poses, pictures = (of.__new__(of) for of in (Poses, Pictures))
    with pytest.raises(SuperAnimalError, match="cannot be adapted to a video"):
        Adaptation.__new__(Adaptation).change(
            bundle, poses, lambda of: (of, History()), pictures, device=torch.device("cpu")
        )
