from pathlib import Path

import numpy as np
import pytest

from superanimal_core.datasets.match_keypoints import (
    match_by_name,
    match_by_votes,
    proposal_table,
    propose_conversion,
    words_of,
)
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.formats.sheets import read_conversion_rows, read_sheet
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.synthetic.labs import BURROW, CABINET

SPACES = Path(__file__).parents[2] / "config" / "keypoints"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("leftear", "Left_ear", "earl", "Ear_left", "L_Ear", "left ear", "EarL"), "left ear"),
        (("tailbase", "TailBase", "tail_start", "tail base", "TTI", "tailset"), "tail base"),
        (("snout", "Nose", "nose "), "nose"),
    ],
)
def test_one_meaning_has_one_set_of_words(names, words):
    assert {words_of(name) for name in names} == {frozenset(words.split())}


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("superanimal_topviewmouse/openfield", 4),
        ("superanimal_topviewmouse/TwoWhiteMice", 8),
        ("superanimal_topviewmouse/anipose_mouse", 12),
        ("superanimal_topviewmouse/mabe_mice", 6),
        ("superanimal_quadruped/irodent", 16),
        ("superanimal_quadruped/animalpose_mmpose", 20),
        ("superanimal_quadruped/stanford_dogs", 11),
    ],
)
def test_names_find_the_rows_of_real_tables(table, found):
    path = SPACES / f"{table}.tsv"
    rows = read_conversion_rows(path)
    unified = read_keypoint_space(path.parent.with_suffix(".yaml"))
    proposed = match_by_name(KeypointSpace("s", tuple(r.source for r in rows)), unified)
    true = {row.source: row.unified or None for row in rows}
    right = [p.source for p in proposed if p.unified and p.unified == true[p.source]]
    assert len(right) >= found


def test_a_space_matches_itself_by_name():
    for path in SPACES.glob("*.yaml"):
        space = read_keypoint_space(path)
        assert all(p.source == p.unified for p in match_by_name(space, space))


def predictions(labels, columns, unified, seed=0, noise=2.0):
    """Predictions of all unified keypoints, near the labels where `columns` says so."""
    random = np.random.default_rng(seed)
    n = len(labels)
    xy = random.uniform(0, 100, (n, len(unified), 2))
    score = random.uniform(0.3, 1.0, (n, len(unified)))
    near = labels.xy_px + random.normal(0, noise, labels.xy_px.shape)
    located = labels.is_located
    columns = columns if isinstance(columns, dict) else dict(enumerate(columns))
    for source, column in columns.items():
        xy[located[:, source], column] = near[located[:, source], source]
    return xy, score


def test_votes_find_the_right_table_whatever_the_names(labels_of):
    labels = labels_of(keypoints=("p", "q", "r", "s"), per_group=200)
    unified = KeypointSpace("u", tuple("abcdefgh"))
    columns = [6, 0, 3, 5]
    xy, score = predictions(labels, columns, unified)
    matching = match_by_votes(labels, unified, xy, score, least_score=0.2, least_confidence=0.5)
    assert [p.unified for p in matching.proposals] == [unified.keypoints[c] for c in columns]
    assert min(p.confidence for p in matching.proposals) > 0.8


def test_a_keypoint_that_the_space_lacks_is_proposed_as_a_drop(labels_of):
    labels = labels_of(keypoints=("p", "q", "obstacle"), per_group=200)
    unified = KeypointSpace("u", tuple("abcdefgh"))
    xy, score = predictions(labels, [1, 2], unified)
    matching = match_by_votes(labels, unified, xy, score, least_score=0.2, least_confidence=0.5)
    assert [p.unified for p in matching.proposals] == ["b", "c", None]


def test_unsure_predictions_do_not_vote(labels_of):
    labels = labels_of(per_group=5)
    unified = KeypointSpace("u", ("a", "b"))
    xy, score = predictions(labels, [0, 1], unified)
    matching = match_by_votes(labels, unified, xy, score * 0, 0.1, 0.5)
    assert not matching.votes.any()
    assert all(p.unified is None for p in matching.proposals)


def test_names_come_first_votes_second_and_contradictions_are_told(labels_of):
    labels = labels_of(keypoints=("snout", "q7", "left_ear", "obstacle"), per_group=300)
    unified = KeypointSpace("u", ("nose", "left_ear", "right_ear", "tail", "belly", "back"))
    xy, score = predictions(labels, [0, 3, 2], unified)  # what is called left is seen as right
    limits = {"min_score": 0.2, "min_confidence": 0.5}
    found = propose_conversion(labels, unified, xy[None], score[None], **limits).proposals
    assert [p.unified for p in found] == ["nose", "tail", "left_ear", None]
    assert [p.by for p in found] == ["name", "votes", "name", ""]
    assert [p.votes_say for p in found[:3]] == ["", "", "right_ear"]
    assert found[0].confidence > 0.8 > 0.2 > found[2].confidence


@pytest.mark.parametrize("lab", [BURROW, CABINET], ids=lambda lab: lab.name)
def test_every_keypoint_of_a_synthetic_lab_is_found(labels_of, lab):
    """The labels of a lab, its vocabulary unknown, and a model that sees with 2 px of noise."""
    labels = labels_of(keypoints=tuple(f"k{i}" for i in range(len(lab.words))), per_group=300)
    unified = read_keypoint_space(SPACES / "superanimal_topviewmouse.yaml")
    known = {i: unified.index(name) for i, (_, name) in enumerate(lab.words) if name}
    xy, score = predictions(labels, known, unified, noise=1.0)
    limits = {"min_score": 0.2, "min_confidence": 0.5}
    found = propose_conversion(labels, unified, xy[None], score[None], **limits).proposals
    assert [p.unified for p in found] == [name or None for _, name in lab.words]


def test_a_proposal_is_a_conversion_table(tmp_path):
    unified = KeypointSpace("u", ("nose", "left_ear"))
    proposed = match_by_name(KeypointSpace("s", ("snout", "box")), unified)
    (tmp_path / "t.tsv").write_text(proposal_table(proposed))
    rows = read_conversion_rows(tmp_path / "t.tsv")
    assert [(r.source, r.unified) for r in rows] == [("snout", "nose"), ("box", "")]
    assert read_sheet(tmp_path / "t.tsv")[0].cells["confidence"] == "1.00"


def test_networks_vote_only_for_what_they_were_taught(labels_of):
    labels = labels_of(keypoints=("p", "q"), per_group=200)
    unified = KeypointSpace("u", tuple("abcdefgh"))
    xy, score = predictions(labels, [6, 0], unified)
    both, limits = np.stack([xy, xy]), {"min_score": 0.2, "min_confidence": 0.5}
    both[0, :, 6] = np.nan  # a network that does not know g leaves it to the other
    heights = np.where(np.isnan(both[..., 0]), 0.0, score)
    found = propose_conversion(labels, unified, both, heights, **limits)
    assert [p.unified for p in found.proposals] == ["g", "a"]
    both[:, :, 6], heights[:, :, 6] = np.nan, 0.0
    found = propose_conversion(labels, unified, both, heights, **limits)
    assert [p.unified for p in found.proposals] == [None, "a"]
    assert not found.votes[:, 6].any()
