"""Networks that learn of several videos together, and what each of these videos makes of them."""

import shutil
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from test_video_adaptation import (
    ANYTHING,
    AUGMENT,
    FRAMES,
    INFERENCE,
    KNOWN,
    NOTHING,
    SELECT,
    TRAINING,
    adapted,
    judged,  # noqa: F401 (a fixture)
    predict,
    study,  # noqa: F401 (a fixture)
)

from superanimal_core.inference.adapt import held_out_frames
from superanimal_core.inference.adaptation_need import Look
from superanimal_core.inference.adaptation_training import adaptation_training
from superanimal_core.inference.predict import predict_video
from superanimal_core.inference.teaching_frames import alike
from superanimal_core.jobs import unneeded_adaptation
from superanimal_core.jobs.shared_adaptation import adapt_together
from superanimal_core.media.images import cached_reader
from superanimal_core.media.video import read_frames
from superanimal_core.models import offering_video
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.offered_lessons import picture_of, read_offers
from superanimal_core.models.offering_video import OfferingVideo
from superanimal_core.network.devices import use_device
from superanimal_core.tables.adapted_files import untaught_reason
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.tables.parquet import read_record, write_failure
from superanimal_core.tables.pose_files import read_named_poses, read_poses
from superanimal_core.training import loop
from superanimal_core.training.label_training import fit_labels

GAINS = Look(True, "looks bad", 0.1, 1.0, 1.0)
SURE = Look(False, "not needed", 0.0, 0.0, 1.0)
TRIED = Look(True, "tried", 0.1, 0.97, 0.02)
EMPTY = Look(False, "nothing to learn from", np.nan, np.nan, 0.0)


@pytest.fixture
def looks(monkeypatch):
    """What the looks at videos say, by name; GAINS of others."""
    said = {}
    names = iter([])

    def look(*_, **__):
        return said.get(next(names, None), GAINS)

    monkeypatch.setattr(offering_video, "look_at_need", look)

    def ask(*order, **of):
        nonlocal names
        said.clear()
        said.update(of)
        names = iter(order)

    return ask


def offer(study, seeds, name, when="needed", **select):  # noqa: F811
    """A video under a name of its own; the folder of what it teaches."""
    folder, boxes = study
    predict(study, seeds)
    target = folder / "offered" / name
    OfferingVideo(
        name, str(folder / "v.mp4"), (128, 96), boxes, read_named_poses(folder / "predicted"),
        ("a", "b"), 0.25, SELECT | select, alike,
    ).write(target, when, "own", KNOWN, {"rule": "offer_lessons"}, min_score=0.0)  # fmt: skip
    return str(target)


def learn(study, offers, seed=0, steps=3, place="shared"):  # noqa: F811
    """A member that has learned of these videos; its folder."""
    folder, _ = study
    target = folder / place / f"member-{seed}"
    adapt_together(
        str(folder / f"models/member-{seed}"),
        offers,
        target,
        {"rule": "adapt_together"},
        training=TRAINING | {"steps": steps},
        augment=AUGMENT.model_dump(),
        max_minutes=None,
        checkpoint_minutes=10,
        threads=1,
    )
    return target


def test_a_video_offers_frames_but_those_that_the_verdict_is_about(study, looks):  # noqa: F811
    folder = offer(study, [0], "first")
    labels, taught, without = read_offers([folder], "member-0")
    names = [str(name) for name in labels.image]
    frames = [int(name[-10:-4]) for name in names]
    assert names == [f"first/{picture_of(frame)}" for frame in frames]
    assert taught == {"first": len(frames)}
    assert without == {}
    assert set(labels.source) == {"first"}
    assert not set(frames) & set(held_out_frames(FRAMES, 0.25).tolist())
    assert len(frames) == SELECT["max_frames"]
    own = read_poses(study[0] / "predicted/member-0.parquet")
    np.testing.assert_array_equal(labels.xy_px, own.xy_px[frames, 0])
    read, films = cached_reader({"first/": folder}), [*read_frames(study[0] / "v.mp4")]
    for name, frame in zip(names, frames, strict=True):  # as good as JPEG is
        assert np.abs(read(name).astype(float) - films[frame]).mean() < 6
    assert len(list((study[0] / "offered/first/pictures").iterdir())) == len(frames)


def test_a_network_learns_of_all_videos_and_each_sees_itself_with_it(study, looks, judged):  # noqa: F811
    offers = [offer(study, [0], name) for name in ("first", "second")]
    network = learn(study, offers)
    labels, taught, _ = read_offers(offers, "member-0")
    assert taught == {"first": 8, "second": 8}
    assert read_description(network)["made_by"]["taught"] == taught
    assert untaught_reason([network]) is None
    bundle = read_bundle(study[0] / "models/member-0")
    fit_labels(
        bundle,
        labels,
        cached_reader({f"{name}/": folder for name, folder in zip(taught, offers, strict=True)}),
        adaptation_training(**TRAINING),
        AUGMENT,
        seed=0,
        device=use_device(1, 0),
        tell=lambda *_: None,
    )
    state = read_bundle(network).network.state_dict()
    assert all(torch.equal(value, state[k]) for k, value in bundle.network.state_dict().items())
    folder = adapted(study, [0], shared={"member-0": str(network)})
    found, frames = read_poses(folder / "member-0.parquet"), [*read_frames(study[0] / "v.mp4")]
    of = predict_video(
        [bundle], frames, study[1], found.time_s, device=torch.device("cpu"), **INFERENCE
    )
    np.testing.assert_allclose(found.xy_px, of[0].xy_px, atol=1e-3)
    before = read_poses(study[0] / "predicted/member-0.parquet")
    assert np.abs(found.score - before.score).max() > 1e-3  # it has learned something
    assert read_record(folder / "member-0.parquet")["verdict"]["is_kept"]


def test_a_video_that_speaks_against_a_network_sees_what_it_saw_and_spoils_no_other(
    study,  # noqa: F811
    looks,
    judged,  # noqa: F811
):
    network = learn(study, [offer(study, [0], "first")])
    known = {path: path.read_bytes() for path in network.rglob("*") if path.is_file()}
    shared = {"member-0": str(network)}
    kept = adapted(study, [0], judge=ANYTHING, shared=shared) / "member-0.parquet"
    before = pq.read_table(study[0] / "predicted/member-0.parquet")
    assert not pq.read_table(kept).equals(before)
    shutil.move(kept.parent, study[0] / "adapted-first")
    back = adapted(study, [0], judge=NOTHING, shared=shared) / "member-0.parquet"
    assert pq.read_table(back).to_pandas().equals(before.to_pandas())
    assert not read_record(back)["verdict"]["is_kept"]
    assert {path: path.read_bytes() for path in network.rglob("*") if path.is_file()} == known


def test_what_videos_cannot_teach_and_why(study, looks):  # noqa: F811
    looks("empty", "gains", empty=EMPTY)
    offers = [offer(study, [0], name, when="always") for name in ("empty", "gains")]
    failed = study[0] / "offered/failed"
    write_failure(failed, {"failure": {"stage": "probe", "reason": "torn"}})
    labels, taught, without = read_offers([*offers, failed], "member-0")
    assert set(labels.source) == {*taught} == {"gains"}
    assert without == {"empty": "nothing to learn from", "failed": "torn"}
    assert not list((study[0] / "offered/empty/pictures").iterdir())
    assert read_offers([offers[0], failed], "member-0")[0] is None


def test_who_is_not_vouched_for_teaches_where_nobody_is(study, looks):  # noqa: F811
    looks("a", "b", "c", a=TRIED, b=TRIED, c=GAINS)
    first, second, sure = (offer(study, [0], name) for name in ("a", "b", "c"))
    labels, taught, without = read_offers([first, second], "member-0")
    assert (len(labels), [*taught], without) == (16, ["a", "b"], {})
    labels, taught, without = read_offers([first, second, sure], "member-0")
    assert (len(labels), [*taught]) == (8, ["c"])
    assert [*without] == ["a", "b"]
    assert "nobody vouches" in without["a"]


def test_one_that_is_tried_makes_those_teach_that_need_nothing(study, looks):  # noqa: F811
    looks("a", "b", a=TRIED, b=SURE)
    offers = [offer(study, [0], name) for name in ("a", "b")]
    labels, taught, _ = read_offers(offers, "member-0")
    assert (len(labels), [*taught]) == (8, ["b"])
    assert read_offers(offers[1:], "member-0")[0] is None


def test_a_video_that_left_before_a_network_came_teaches_it_nothing(study, looks):  # noqa: F811
    """Its row is gone, so that nobody can ask what it would teach to a further seed."""
    gone, stays = offer(study, [0], "gone"), offer(study, [0, 1], "stays")
    labels, taught, without = read_offers([gone, stays], "member-1")
    assert [*taught] == ["stays"]
    assert set(labels.source) == {"stays"}
    assert without == {"gone": "it left the sheet before member-1 was there"}
    assert [*read_offers([gone, stays], "member-0")[1]] == ["gone", "stays"]


@pytest.mark.parametrize(("when", "is_taught"), [("needed", False), ("always", True)])
def test_where_no_video_can_gain_nothing_is_learned_unless_that_is_wanted(
    study,  # noqa: F811
    looks,
    when,
    is_taught,
):
    looks("first", "second", first=SURE, second=SURE)
    offers = [offer(study, [0], name, when) for name in ("first", "second")]
    network = learn(study, offers)
    reason = untaught_reason([network])
    assert (reason is None) == is_taught
    before = read_bundle(study[0] / "models/member-0").network.state_dict()
    after = read_bundle(network).network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items()) != is_taught
    if reason:
        assert reason == "nothing was learned of 2 videos: none of them needs it"
        check_passed_by(study, network, reason)


def check_passed_by(study, network, reason):  # noqa: F811
    places = str(study[0] / "predicted"), str(study[0] / "adapted")
    how = {"min_score": 0.0}
    assert unneeded_adaptation.pass_by("always", *places, {}, None, [str(network)], **how)
    before, after = (pq.read_table(f"{place}/member-0.parquet") for place in places)
    assert after.to_pandas().equals(before.to_pandas())
    verdict = read_record(f"{places[1]}/member-0.parquet")["verdict"]
    assert (verdict["reason"], verdict["is_tried"]) == (reason, False)


def test_one_video_that_can_gain_is_enough_and_the_others_teach_beside_it(study, looks):  # noqa: F811
    looks("first", "second", first=SURE, second=GAINS)
    offers = [offer(study, [0], name) for name in ("first", "second")]
    assert Counter(read_offers(offers, "member-0")[0].source) == {"first": 8, "second": 8}


def test_a_killed_training_goes_on_where_it_was(study, looks, monkeypatch):  # noqa: F811
    offers = [offer(study, [0], name) for name in ("first", "second")]
    in_one_go = read_bundle(learn(study, offers, steps=6)).network.state_dict()
    check, steps = loop._check_finite, []

    def killed(loss, step, batches):
        steps.append(step)
        if len(steps) == 4:
            raise KeyboardInterrupt
        check(loss, step, batches)

    monkeypatch.setattr(loop, "_check_finite", killed)
    monkeypatch.setattr(
        "superanimal_core.jobs.training_checkpoints.FolderCheckpoints.is_due", lambda self: True
    )
    with pytest.raises(KeyboardInterrupt):
        learn(study, offers, steps=6, place="again")
    assert not (study[0] / "again/member-0").exists()
    going_on = read_bundle(learn(study, offers, steps=6, place="again")).network.state_dict()
    assert steps == [0, 1, 2, 3, 3, 4, 5]
    assert all(torch.equal(value, going_on[name]) for name, value in in_one_go.items())
    assert [path.name for path in (study[0] / "again").iterdir()] == ["member-0"]
