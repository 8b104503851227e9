from pathlib import Path

import numpy as np
import pytest

from superanimal_core.datasets.match_keypoints import (
    match_by_name,
    match_by_votes,
    proposal_table,
    words_of,
)
from superanimal_core.files.documents import read_conversion_rows, read_keypoint_space, read_sheet
from superanimal_core.pose.keypoints import KeypointSpace

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
    for source, column in enumerate(columns):
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


def test_a_proposal_is_a_conversion_table(tmp_path):
    unified = KeypointSpace("u", ("nose", "left_ear"))
    proposed = match_by_name(KeypointSpace("s", ("snout", "box")), unified)
    (tmp_path / "t.tsv").write_text(proposal_table(proposed))
    rows = read_conversion_rows(tmp_path / "t.tsv")
    assert [(r.source, r.unified) for r in rows] == [("snout", "nose"), ("box", "")]
    assert read_sheet(tmp_path / "t.tsv")[0].cells["confidence"] == "1.00"
