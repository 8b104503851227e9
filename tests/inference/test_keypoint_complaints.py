"""The judge of an adaptation, on an animal whose truth is known: 39 keypoints, 100 px long."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superanimal_core.inference import keypoint_complaints as module
from superanimal_core.inference.keypoint_complaints import Track, keypoint_complaints
from superanimal_core.inference.verdicts import judge_adaptation
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.poses import Poses

PAIRS = tuple((f"left{i}", f"right{i}") for i in range(10))
SPACE = KeypointSpace("s", (*(f"mid{i}" for i in range(19)), *sum(PAIRS, ())), PAIRS)
LEFT = [SPACE.index(left) for left, _ in PAIRS]
RIGHT = [SPACE.index(right) for _, right in PAIRS]
LIMITS = {"min_score": 0.5, "max_jitter_ratio": 1.05, "max_displacement_ratio": 5.0}
FRAMES = 90


def truth(speed_px=4.0, individuals=1):
    """A mouse that walks along a bend, and turns as it does: (frame, individual, keypoint, 2)."""
    along = np.linspace(-50, 50, 19)
    middle = np.stack([along, np.zeros(19)], axis=1)
    sides = [[x, s * 14] for x in np.linspace(-40, 40, 10) for s in (-1, 1)]
    body = np.concatenate([middle, sides])
    turn = np.linspace(0, 2, FRAMES)
    step = speed_px * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    place = 300 + np.cumsum(step, axis=0)
    cosine, sine = np.cos(turn)[:, None], np.sin(turn)[:, None]
    xy = np.stack(
        [body[:, 0] * cosine - body[:, 1] * sine, body[:, 0] * sine + body[:, 1] * cosine], axis=2
    )
    xy = (xy + place[:, None])[:, None]
    return np.concatenate([xy + 400 * i for i in range(individuals)], axis=1)


def seen(xy, noise_px, bias_px=0.0, seed=0, score=0.9):
    """What a network says: noise, and a mistake of its own for every keypoint."""
    random = np.random.default_rng(seed)
    xy = xy + bias_px * random.normal(size=(1, *xy.shape[1:])) + noise_px * random.normal(
        size=xy.shape
    )  # fmt: skip
    names = tuple(f"animal{i}" for i in range(xy.shape[1]))
    return Poses(SPACE, names, np.arange(FRAMES) / 30, xy, np.full(xy.shape[:3], score))


def judged(before, after):
    return judge_adaptation(
        before,
        after,
        np.ones(len(SPACE), bool),
        frame=np.arange(len(before)),
        witness=None,
        **LIMITS,
    )


@given(st.integers(0, 10_000), st.floats(0, 8), st.sampled_from([1, 2]))
@settings(max_examples=30, deadline=None)
def test_a_network_that_got_better_is_kept(seed, speed_px, individuals):
    """Less noise and less bias, of an animal that rests, walks or runs."""
    xy = truth(speed_px, individuals)
    before, after = seen(xy, 1.5, 1.5, seed), seen(xy, 1.0, 1.0, seed + 1)
    verdict = judged(before, after)
    assert verdict.is_kept, verdict.reason


def test_a_calm_network_of_a_resting_animal_is_kept():
    xy = np.repeat(truth()[:1], FRAMES, axis=0)
    verdict = judged(seen(xy, 1.5), seen(xy, 0.05, seed=1))
    assert verdict.is_kept, verdict.reason


@pytest.fixture
def before():
    return seen(truth(), 1.0, 1.0)


def after_of(before, change):
    xy = before.xy_px.copy()
    change(xy)
    return replace(before, xy_px=xy)


def collapse(xy):
    """19 of 39 keypoints, as many as leave the median alone."""
    xy[:, :, 20:] = xy[:, :, 20:] * 0 + xy.mean(axis=2, keepdims=True)


def freeze(xy):
    xy[:, :, :10] = xy[:1, :, :10]


def exchange_one_pair(xy):
    xy[:, :, [LEFT[0], RIGHT[0]]] = xy[:, :, [RIGHT[0], LEFT[0]]]


def lag(xy):
    """Five frames at 4 px: 20 px behind."""
    xy[5:] = xy[:-5].copy()


def run_ahead(xy):
    xy[:-5] = xy[5:].copy()


def lose_one(xy):
    xy[7, 0, 3] = np.nan


@pytest.mark.parametrize(("frames", "is_told"), [(44, False), (46, True)])
def test_a_keypoint_has_moved_away_when_it_has_in_most_frames(before, frames, is_told):
    def move(xy):
        xy[:frames, 0, 3] += [0.0, 60.0]

    told = judged(before, after_of(before, move)).reason
    assert ("mid3 moved away" in told) == is_told


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (collapse, "collapsed onto the body's center"),
        (freeze, "standing still in the image"),
        (exchange_one_pair, "left0, right0 exchanged sides"),
        (lag, "animal0 lags behind or runs ahead"),
        (run_ahead, "animal0 lags behind or runs ahead"),
        (lose_one, "1 keypoints have no position or score any more"),
    ],
)
def test_a_network_that_got_worse_is_rolled_back(before, change, complaint):
    verdict = judged(before, after_of(before, change))
    assert not verdict.is_kept
    assert complaint in verdict.reason


def test_one_keypoint_that_moved_by_a_fifth_of_the_body_is_named(before):
    def move(xy):
        xy[:, :, 4] += 21.0

    verdict = judged(before, after_of(before, move))
    assert not verdict.is_kept
    assert "mid4 moved away" in verdict.reason


def test_what_happens_to_the_second_animal_counts_as_well():
    before = seen(truth(individuals=2), 1.0)

    def collapse_second(xy):
        xy[:, 1, 30:] = xy[:, 1].mean(axis=1, keepdims=True)

    assert not judged(before, after_of(before, collapse_second)).is_kept


def test_scores_that_are_no_numbers_and_jitter_without_pairs_are_complaints(before):
    score = before.score.copy()
    score[3, 0, 0] = np.nan
    assert not judged(before, replace(before, score=score)).is_kept
    alternating = before.score.copy()
    alternating[::2] = 0.1
    never_twice = replace(before, score=alternating)
    verdict = judged(never_twice, never_twice)
    assert "jitter cannot be measured" in verdict.reason
    assert not verdict.is_kept


def test_four_names_are_three_and_one_more(before):
    def move(xy):
        xy[:, :, :4] += 40.0

    both = np.ones(before.score.shape, bool)
    told = keypoint_complaints(before, after_of(before, move), both, np.arange(len(before)), 5.0)
    assert "mid0, mid1, mid2 and 1 more moved away" in told


def track_of(before_px, after_px, body_px=100.0, frames=60, sure=None):
    """A keypoint without noise; the body's center is the origin."""
    both = np.ones(frames, bool) if sure is None else sure
    return Track(before_px, after_px, both, np.zeros((frames, 2)), body_px, np.arange(frames))


def still(x, frames=60):
    return np.tile([x, 0.0], (frames, 1))


@pytest.mark.parametrize(
    ("x", "to", "is_fault"),
    [(20, 10.01, False), (20, 9.99, True), (10.01, 0, True), (9.99, 0, False)],
)
def test_the_edges_of_a_collapse(x, to, is_fault):
    assert module._is_collapsed(track_of(still(float(x)), still(float(to)))) is is_fault


@pytest.mark.parametrize(("part", "is_fault"), [(0.201, False), (0.199, True)])
def test_the_edge_of_standing_still(part, is_fault):
    line = np.stack([np.arange(60.0), np.zeros(60)], axis=1)
    assert module._is_frozen(track_of(line, part * line)) is is_fault


@pytest.mark.parametrize(("times", "is_fault"), [(2.98, False), (3.02, True)])
def test_what_could_be_noise_stands_still_without_a_complaint(times, is_fault):
    """A zigzag of known noise on a line of known spread."""
    zigzag = np.where(np.arange(60) % 2, 1.0, -1.0)[:, None] * [0.0, 1.0]
    noise = track_of(zigzag, zigzag).noise_px
    assert noise == pytest.approx(4 / np.sqrt(6))
    line = np.stack([np.arange(60.0) - 29.5, np.zeros(60)], axis=1)
    wanted = np.sqrt((times * noise) ** 2 - np.square(zigzag).sum(axis=1).mean())
    moving = zigzag + line * wanted / np.sqrt(np.square(line).sum(axis=1).mean())
    assert module._is_frozen(track_of(moving, still(0.0))) is is_fault


@pytest.mark.parametrize(("part", "is_fault"), [(0.51, False), (0.49, True)])
def test_the_edge_of_a_lag(part, is_fault):
    """Ten frames behind, and beside its place by a part of what it then is away in all."""
    line = np.stack([4.0 * np.arange(60), np.zeros(60)], axis=1)
    beside = 40 * part / np.sqrt(1 - part**2)
    late = np.stack([line[:, 0] - 40, np.full(60, beside)], axis=1)
    assert module._is_lagging([track_of(line, late)]) is is_fault


@pytest.mark.parametrize(("frames", "is_fault"), [(30, True), (31, False)])
def test_the_longest_lag_that_is_looked_for(frames, is_fault):
    turn = np.arange(200) / 20
    circle = 100 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    late = np.roll(circle, frames, axis=0)
    shown = slice(frames, 200)
    tracks = track_of(circle[shown], late[shown], frames=200 - frames)
    exact = replace_limit(tracks, 0.02)
    assert exact is is_fault


def replace_limit(track, part):
    """The verdict with a limit so low that only the exact lag is one."""
    kept, module.LAGGING = module.LAGGING, part
    try:
        return module._is_lagging([track])
    finally:
        module.LAGGING = kept


@pytest.mark.parametrize(("frames", "is_fault"), [(15, False), (16, True)])
def test_the_edge_of_an_exchange(frames, is_fault):
    left, right = still(-10.0), still(10.0)
    now = [side.copy() for side in (left, right)]
    now[0][:frames], now[1][:frames] = right[:frames], left[:frames]
    pair = track_of(left, now[0]), track_of(right, now[1])
    assert module._is_exchanged(*pair) is is_fault


@pytest.mark.parametrize(
    ("sure", "frames", "is_fault"), [(8, 90, False), (9, 90, True), (2, 12, False), (3, 12, True)]
)
def test_of_keypoints_that_are_rarely_sure_nothing_is_said(before, sure, frames, is_fault):
    """Fewer than a tenth of the frames, and fewer than three."""
    after = after_of(before, collapse)
    shown = [
        replace(p, time_s=p.time_s[:frames], xy_px=p.xy_px[:frames], score=p.score[:frames])
        for p in (before, after)
    ]
    both = np.zeros(shown[0].score.shape, bool)
    both[:sure] = True
    told = keypoint_complaints(*shown, both, np.arange(frames), 5.0)
    assert bool(told) is is_fault


@pytest.mark.parametrize(("away", "is_fault"), [(9.9, False), (10.1, True)])
def test_the_edge_of_moving_away_is_a_tenth_of_the_body(away, is_fault):
    """Without noise, of a body that is 100 px from corner to corner."""
    space = KeypointSpace("s", ("a", "b", "c"))
    xy = np.tile([[0.0, 0.0], [60.0, 80.0], [30.0, 70.0]], (20, 1, 1, 1))
    before = Poses(space, ("animal0",), np.arange(20.0), xy, np.ones((20, 1, 3)))
    moved = xy.copy()
    moved[:, 0, 2, 0] += away
    both = np.ones((20, 1, 3), bool)
    told = keypoint_complaints(before, replace(before, xy_px=moved), both, np.arange(20), 5.0)
    assert told == (["c moved away"] if is_fault else [])
