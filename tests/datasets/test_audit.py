from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from superanimal_core.datasets.audit import audit_labels, relative_bone_lengths
from superanimal_core.datasets.coco import parse_coco
from superanimal_core.datasets.deeplabcut import parse_deeplabcut
from superanimal_core.datasets.swapped_sides import side_consensus, side_evidence
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import LabelState, concatenate_labels

LIMITS = {"box_margin": 0.05, "bone_ratio": 2.5, "bone_deviations": 6.0, "min_side_evidence": 0.4}
SHAPE = {  # a mouse from above that looks to the right: body lengths, y down, so left is up
    "nose": (1.0, 0.0),
    "left_ear": (0.8, -0.1),
    "right_ear": (0.8, 0.1),
    "neck": (0.7, 0.0),
    "center": (0.4, 0.0),
    "left_hip": (0.15, -0.15),
    "right_hip": (0.15, 0.15),
    "tail_base": (0.0, 0.0),
}
SPACE = KeypointSpace(
    "mouse",
    tuple(SHAPE),
    (("left_ear", "right_ear"), ("left_hip", "right_hip")),
    (("nose", "neck"), ("neck", "center"), ("center", "tail_base"), ("left_ear", "right_ear")),
)


def findings_in(labels, *others):
    return audit_labels(labels, concatenate_labels([labels, *others]), **LIMITS)


def mice(labels_of, n=1000, seed=0):
    """Bent, turned, scaled mice with annotation noise and missing points."""
    random = np.random.default_rng(seed)
    shape = np.array(list(SHAPE.values()))
    bend = random.normal(0, 0.5, (n, 1)) * shape[None, :, 0] ** 2  # rad, grows towards the head
    turn = random.uniform(0, 2 * np.pi, (n, 1)) + bend
    x, y = shape[:, 0], shape[:, 1]
    turned = [np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y]
    xy = np.stack(turned, axis=2) * random.uniform(50, 150, (n, 1, 1)) + 300
    xy += random.normal(0, 2, xy.shape)
    state = np.where(random.random((n, len(shape))) < 0.15, LabelState.NOT_LABELED, 3)
    xy[state < LabelState.OCCLUDED] = np.nan
    return labels_of(
        keypoints=SPACE.keypoints,
        groups=[f"g{i}" for i in range(n // 2)],
        space=SPACE,
        xy_px=xy,
        state=state.astype(np.int64),
        image_size_px=np.tile([600, 600], (n, 1)),
    )


def test_planted_swaps_are_found_without_false_alarms(labels_of):
    labels = mice(labels_of)
    random = np.random.default_rng(1)
    xy, planted = labels.xy_px.copy(), set()
    for p, (left, right) in enumerate(SPACE.mirror_pairs):
        i, j = SPACE.index(left), SPACE.index(right)
        both = np.flatnonzero(labels.is_located[:, i] & labels.is_located[:, j])
        for row in random.choice(both, len(both) // 50, replace=False):
            xy[row, [i, j]] = xy[row, [j, i]]
            planted.add((int(row), p))
    swapped = replace(labels, xy_px=xy)
    evidence = side_evidence(swapped, side_consensus(swapped, 10))
    found = {(int(r), int(p)) for r, p in np.argwhere(evidence < -LIMITS["min_side_evidence"])}
    assert len(found & planted) >= 0.95 * len(planted)
    assert len(found - planted) <= 0.01 * np.isfinite(evidence).sum()


def test_views_from_both_sides_give_no_evidence(labels_of):
    labels = mice(labels_of, n=200)
    mirrored = labels.xy_px.copy()
    mirrored[::2, :, 1] *= -1
    mixed = replace(labels, xy_px=mirrored)
    assert np.isnan(side_evidence(mixed, side_consensus(mixed, 10))).all()


def renamed(labels, name):
    return replace(labels, source=np.full(len(labels), name, dtype=object))


def test_a_set_that_disagrees_with_the_others_is_found_though_it_agrees_with_itself(labels_of):
    mirrored = renamed(mice(labels_of, n=40, seed=3), "mirrored")
    mirrored = replace(mirrored, xy_px=mirrored.xy_px * [-1, 1] + [600, 0])
    others = renamed(mice(labels_of, n=200), "other")
    kinds = Counter(f.kind for f in findings_in(mirrored, others))
    both = sum(
        (mirrored.is_located[:, SPACE.index(a)] & mirrored.is_located[:, SPACE.index(b)]).sum()
        for a, b in SPACE.mirror_pairs
    )
    assert kinds["sides_unlike_other_sets"] >= 0.9 * both
    assert not Counter(f.kind for f in findings_in(mirrored))["sides_unlike_other_sets"]
    assert not Counter(f.kind for f in findings_in(others, mirrored))["swapped_sides"]


def test_a_set_too_small_for_a_consensus_is_judged_by_the_others(labels_of):
    few = renamed(mice(labels_of, n=6, seed=4), "few")
    few = replace(few, xy_px=few.xy_px * [-1, 1] + [600, 0])
    assert "swapped_sides" not in {f.kind for f in findings_in(few)}
    others = renamed(mice(labels_of, n=200), "other")
    assert "swapped_sides" in {f.kind for f in findings_in(few, others)}


def test_sound_mice_raise_no_suspicion(labels_of):
    assert len(findings_in(mice(labels_of))) <= 10


def test_each_planted_mistake_is_named(labels_of):
    labels = mice(labels_of, n=100)
    labels = labels.select(labels.is_located.all(axis=1))
    xy, box = labels.xy_px.copy(), labels.box_xyxy_px.copy()
    xy[0, 0] = -5, 10
    box[1] = [*xy[1].min(axis=0), *(xy[1].max(axis=0) - 30)]
    box[2] = [0, 0, *xy[2].max(axis=0)]
    xy[3, SPACE.index("neck")] = xy[3, SPACE.index("center")]
    xy[5] = xy[4]
    findings = findings_in(replace(labels, xy_px=xy, box_xyxy_px=box))
    kinds = {(f.row, f.kind) for f in findings}
    assert {
        (0, "outside_image"),
        (1, "outside_box"),
        (2, "box_from_origin"),
        (3, "bone_length"),
        (5, "repeated_labels"),
    } <= kinds


def like_mice(labels_of, n=12, **changes):
    """Mice that are all alike, 100 px long, in pictures of 600 px."""
    xy = np.tile(np.array(list(SHAPE.values())) * 100 + 300, (n, 1, 1))
    xy += np.arange(n)[:, None, None]  # at other places, or they would be told as the same labels
    return labels_of(
        keypoints=SPACE.keypoints,
        groups=[f"g{i}" for i in range(n // 2)],
        **{"space": SPACE, "xy_px": xy, "state": np.full(xy.shape[:2], int(LabelState.VISIBLE))}
        | {"image_size_px": np.tile([600, 600], (n, 1))}
        | changes,
    )


def told(labels, kind):
    return [f for f in findings_in(labels) if f.kind == kind]


@pytest.mark.parametrize(
    ("place", "is_told"),
    [((0, 600), False), ((600, 0), False), ((-0.5, 9), True), ((9, 600.5), True)],
)
def test_a_point_on_the_edge_of_the_image_is_in_it(labels_of, place, is_told):
    labels = like_mice(labels_of)
    labels.xy_px[3, 4] = place
    found = told(labels, "outside_image")
    assert [(f.row, f.keypoints, f.severity) for f in found] == [(3, ("center",), 0.5)] * is_told


@pytest.mark.parametrize(("part", "is_told"), [(0.049, False), (0.051, True)])
@pytest.mark.parametrize(("axis", "is_low"), [(0, True), (0, False), (1, True), (1, False)])
def test_a_point_may_lie_outside_its_box_by_the_margin(labels_of, part, is_told, axis, is_low):
    box = np.tile([200.0, 250.0, 600.0, 550.0], (12, 1))
    labels = like_mice(labels_of, box_xyxy_px=box)
    side = (400.0, 300.0)[axis]
    edge = box[0, axis if is_low else axis + 2]
    labels.xy_px[3, 4, axis] = edge + (-part if is_low else part) * side
    found = told(labels, "outside_box")
    assert [(f.row, f.keypoints) for f in found] == [(3, ("center",))] * is_told
    assert all(f.severity == pytest.approx(part) for f in found)


@pytest.mark.parametrize(
    ("corner", "is_told"), [((0, 0), True), ((0, 1), False), ((1, 0), False), ((1, 1), False)]
)
def test_only_a_box_from_the_very_corner_was_made_from_zeros(labels_of, corner, is_told):
    box = np.tile([200.0, 250.0, 600.0, 550.0], (12, 1))
    box[3, :2] = corner
    found = told(like_mice(labels_of, box_xyxy_px=box), "box_from_origin")
    assert [f.row for f in found] == [3] * is_told


@pytest.mark.parametrize(("right", "is_told"), [(3035.0, False), (3025.0, True)])
def test_a_box_from_the_corner_is_right_for_points_within_a_tenth(labels_of, right, is_told):
    """The points begin at (303, 288); the box is as high as it is wide."""
    size = {"image_size_px": np.full((12, 2), 4000)}
    box = np.tile([200.0, 250.0, 600.0, 550.0], (12, 1))
    box[3] = [0.0, 0.0, right, 3200.0]
    assert [
        f.row for f in told(like_mice(labels_of, box_xyxy_px=box, **size), "box_from_origin")
    ] == ([3] * is_told)


@pytest.mark.parametrize(("times", "is_told"), [(2.45, False), (2.55, True)])
@pytest.mark.parametrize("power", [1, -1])
def test_a_bone_is_odd_from_the_ratio_on(labels_of, times, is_told, power):
    """The other mice are all alike, so that the deviations say nothing."""
    labels = like_mice(labels_of)
    ears = [SPACE.index("left_ear"), SPACE.index("right_ear")]
    middle = labels.xy_px[3, ears].mean(axis=0)
    labels.xy_px[3, ears] = middle + (labels.xy_px[3, ears] - middle) * times**power
    found = told(labels, "bone_length")
    assert [(f.row, f.keypoints) for f in found] == [(3, ("left_ear", "right_ear"))] * is_told
    assert all(f.severity == pytest.approx(np.log(times)) for f in found)


@pytest.mark.parametrize(("known", "is_told"), [(2, False), (3, True)])
def test_the_size_of_an_animal_takes_three_bones(labels_of, known, is_told):
    labels = like_mice(labels_of)
    labels.xy_px[3, SPACE.index("left_ear"), 1] -= 100.0
    away = [SPACE.index("nose"), SPACE.index("tail_base")][: 4 - known]
    labels.xy_px[3, away], labels.state[3, away] = np.nan, int(LabelState.NOT_LABELED)
    assert [f.row for f in told(labels, "bone_length")] == [3] * is_told


@pytest.mark.parametrize(
    ("animals", "kind"), [(8, "swapped_sides"), (10, "sides_unlike_other_sets")]
)
def test_ten_animals_have_a_consensus_of_their_own(labels_of, animals, kind):
    labels = renamed(like_mice(labels_of, animals), "mirrored")
    labels.xy_px[...] = labels.xy_px * [-1, 1] + [600, 0]
    others = renamed(like_mice(labels_of, 60), "other")
    kinds = {f.kind for f in findings_in(labels, others)}
    assert kinds & {"swapped_sides", "sides_unlike_other_sets"} == {kind}


@pytest.mark.parametrize(("animals", "is_told"), [(48, False), (50, True)])
def test_fifty_other_animals_can_judge_a_small_set(labels_of, animals, is_told):
    few = renamed(like_mice(labels_of, 4), "few")
    few.xy_px[...] = few.xy_px * [-1, 1] + [600, 0]
    others = renamed(like_mice(labels_of, animals), "other")
    kinds = {f.kind for f in findings_in(few, others)}
    assert ("swapped_sides" in kinds) == is_told


@pytest.mark.parametrize(("points", "is_told"), [(2, False), (3, True)])
def test_three_points_in_two_pictures_are_no_chance(labels_of, points, is_told):
    labels = mice(labels_of, n=6)
    xy, state = labels.xy_px.copy(), labels.state.copy()
    xy[[1, 4]], state[[1, 4]] = np.nan, LabelState.NOT_LABELED
    xy[[1, 4], :points] = np.arange(2 * points).reshape(points, 2) + 300.0
    state[[1, 4], :points] = LabelState.VISIBLE
    found = findings_in(replace(labels, xy_px=xy, state=state))
    assert [f.row for f in found if f.kind == "repeated_labels"] == [4] * is_told


def test_points_exactly_at_a_written_zero_are_suspected(labels_of):
    labels = mice(labels_of, n=40)
    xy, state = labels.xy_px.copy(), labels.state.copy()
    for row, place in enumerate([(0, 0), (0.5, 0.5), (0, 0.5), (0.5, 0.25), (0.25, 0.25)]):
        xy[row, :2], state[row, :2] = place, LabelState.VISIBLE
    found = [
        f for f in findings_in(replace(labels, xy_px=xy, state=state)) if f.kind == "at_origin"
    ]
    assert [(f.row, f.keypoints) for f in found] == [(i, SPACE.keypoints[:2]) for i in range(2)]
    assert found[0].reason == "2 points lie exactly at (0, 0); absent points written as zeros?"


def test_bone_lengths_are_relative_to_the_animals_own_size():
    length = np.outer([1, 2, 5, 10], [1.0, 3.0, 2.0, 4.0])
    assert np.allclose(relative_bone_lengths(length), 0)
    length[2, 1] *= 4
    assert np.isclose(relative_bone_lengths(length)[2, 1], np.log(4))


def test_real_shared_frames_and_faulty_boxes_are_found(shared_data):
    openfield = parse_deeplabcut("openfield", DiskFolder(shared_data / "openfield"))
    merged = parse_coco("merged", DiskFolder(shared_data / "topviewmouse_labels"))
    names = {"snout": "nose", "leftear": "left_ear", "rightear": "right_ear"}
    columns = [merged.space.index(names.get(k, "tail_base")) for k in openfield.space.keypoints]
    located = (merged.state >= LabelState.OCCLUDED)[:, columns].all(axis=1)
    ours = {row.tobytes() for row in np.round(openfield.xy_px, 2)}
    shared = [row.tobytes() in ours for row in np.round(merged.xy_px[:, columns], 2)]
    names = sorted(merged.image[np.flatnonzero(shared & located)])
    assert names == ["img0046_4624.png", "img0070_4639.png", "img0081_4650.png"]
    rodents = parse_coco("irodent", DiskFolder(shared_data / "irodent_labels"))
    count = Counter(finding.kind for finding in findings_in(rodents))
    assert count["box_from_origin"] / len(rodents) == pytest.approx(0.68, abs=0.01)
