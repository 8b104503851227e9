"""Networks that agreed on nothing before, and are heard again when all have learned.

Their truth is known: before, each sees something else; afterwards they see the animal, or do not.
"""

import numpy as np
import pytest
from test_keypoint_complaints import FRAMES, LEFT, LIMITS, RIGHT, SPACE, seen, truth
from test_witnesses import SHIFT_PX, TAUGHT, UNLOOKED, constant, noisy, swap

from superanimal_core.inference.verdicts import judge_adaptation
from superanimal_core.inference.witnesses import Witness

LIKE_LABELS = np.zeros((FRAMES, 1), bool)


def at_first(seed):
    """What a network says of a camera that no label shows: unsure, and half of it wrong."""
    xy = truth()
    is_wrong = np.random.default_rng(seed).random(xy.shape[:3]) < 0.5
    return seen(np.where(is_wrong[..., None], noisy(xy, 60.0, seed), xy), 1.5, 1.0, seed, score=0.2)


def learned(seed, xy_px=None, bias_px=1.0):
    return seen(truth() if xy_px is None else xy_px, 1.5, bias_px, seed=100 + seed)


def judged(after, others_after, is_strange_after=LIKE_LABELS, follows=0.0, before=None):
    before = [at_first(seed) for seed in range(1 + len(others_after))] if before is None else before
    shift_px = np.where(UNLOOKED[:, None, None], np.nan, SHIFT_PX)
    beside = shift_px[:, :, None] * np.ones((len(SPACE), 1))
    witness = Witness(
        before[1:],
        LIKE_LABELS,
        shift_px,
        noisy(before[0].xy_px, 20.0, 7) + 0 * beside,
        noisy(after.xy_px, 0.5, 8) + follows * beside,
        others_after,
        is_strange_after,
    )
    return judge_adaptation(
        before[0], after, TAUGHT, frame=np.arange(FRAMES), witness=witness, **LIMITS
    )


@pytest.mark.parametrize("others", [1, 2, 4])
def test_that_all_see_one_animal_like_labels_vouches_for_it(others):
    verdict = judged(learned(0), [learned(seed) for seed in range(1, 1 + others)])
    assert verdict.is_kept, verdict.reason
    assert verdict.vouched_fraction < 0.1
    assert verdict.vouched_after_fraction == 1


def test_without_labels_that_tell_nobody_is_heard_again():
    """They had one teacher: of course they agree."""
    verdict = judged(learned(0), [learned(1), learned(2)], None)
    assert "vouched for in 0%" in verdict.reason
    assert np.isnan(verdict.vouched_after_fraction)


def test_a_network_alone_is_not_heard_again():
    verdict = judged(learned(0), [])
    assert not verdict.is_kept
    assert np.isnan(verdict.vouched_after_fraction)


@pytest.mark.parametrize(("frames", "is_kept"), [(36, True), (37, False)])
def test_six_frames_of_ten_must_be_like_labels_afterwards(frames, is_kept):
    is_strange = np.arange(FRAMES)[:, None] < frames
    verdict = judged(learned(0), [learned(1), learned(2)], is_strange)
    assert verdict.vouched_after_fraction == pytest.approx(1 - frames / FRAMES)
    assert verdict.is_kept is is_kept
    assert ("is vouched for in" in verdict.reason) is not is_kept


@pytest.mark.parametrize(("frames", "is_kept"), [(36, True), (37, False)])
def test_in_six_frames_of_ten_all_must_see_one_animal_afterwards(frames, is_kept):
    other = truth()
    other[:frames] = noisy(truth()[:frames], 40, 3)
    verdict = judged(learned(0), [learned(1, other), learned(2)])
    assert verdict.vouched_after_fraction == pytest.approx(1 - frames / FRAMES)
    assert verdict.is_kept is is_kept


def test_what_was_vouched_for_before_is_not_asked_again():
    before = [seen(truth(), 1.5, 1.0, seed=seed) for seed in range(3)]
    is_strange = np.ones((FRAMES, 1), bool)
    verdict = judged(learned(0), [learned(1), learned(2)], is_strange, before=before)
    assert verdict.is_kept, verdict.reason
    assert verdict.vouched_after_fraction == 0


def test_all_that_collapse_go_with_the_crop():
    calm = [learned(seed, constant(truth())) for seed in range(3)]
    verdict = judged(calm[0], calm[1:], follows=1.0)
    assert verdict.vouched_after_fraction == 1
    assert "going with the crop" in verdict.reason


@pytest.mark.parametrize(("off", "is_kept"), [(0.9, True), (1.1, False)])
def test_a_keypoint_that_the_others_see_elsewhere_speaks_against_a_network(off, is_kept):
    """By a tenth of the body; what was said of it before is no measure."""
    body_px = float(np.hypot(*np.ptp(truth()[0, 0], axis=0)))
    moved = truth()
    moved[:, 0, 4, 0] += off * 0.1 * body_px
    verdict = judged(learned(0, moved, 0.0), [learned(seed, bias_px=0.0) for seed in (1, 2)])
    assert verdict.is_kept is is_kept, verdict.reason
    assert ("beside the others afterwards, mid4 moved away" in verdict.reason) is not is_kept


def test_a_keypoint_may_go_far_from_a_place_that_nobody_vouched_for():
    """The network alone was sure of it, and wrong."""
    before = [at_first(seed) for seed in range(3)]
    before[0].xy_px[:, :, 4] = noisy(truth()[:, :, 4] + [8.0, -25.0], 3.0, 9)
    before[0].score[:, :, 4] = 0.9
    verdict = judged(learned(0), [learned(1), learned(2)], before=before)
    assert verdict.is_kept, verdict.reason


def test_sides_that_the_others_see_the_other_way_round_speak_against_a_network():
    """Those of a narrow body, on which all agree otherwise."""
    narrow = truth()
    middle = (narrow[:, :, LEFT] + narrow[:, :, RIGHT]) / 2
    narrow[:, :, LEFT] = middle + 0.3 * (narrow[:, :, LEFT] - middle)
    narrow[:, :, RIGHT] = middle + 0.3 * (narrow[:, :, RIGHT] - middle)
    others = [learned(seed, narrow) for seed in (1, 2)]
    assert judged(learned(0, narrow), others).is_kept
    verdict = judged(learned(0, swap(narrow.copy())), others)
    assert "exchanged sides" in verdict.reason


def test_a_network_that_jitters_more_than_it_did_is_rolled_back_all_the_same():
    before = [seen(noisy(truth()[:1], 40.0, seed) + 0 * truth(), 0.1, score=0.9) for seed in (0, 1)]
    verdict = judged(learned(0), [learned(1)], before=before)
    assert "jitter grew" in verdict.reason
    assert verdict.vouched_fraction == 0
    assert verdict.vouched_after_fraction == 1


def apart():
    """What networks say that agree on nothing: each sees the animal elsewhere."""
    return [seen(truth() + 60 * place, 1.5, 1.0, place, score=0.2) for place in range(3)]


@pytest.mark.parametrize(("frames", "is_kept"), [(8, False), (9, True)])
def test_others_must_be_sure_of_a_keypoint_in_a_tenth_of_the_frames(frames, is_kept):
    """Else nothing says how far a network is from them: nobody had a say before."""
    after = [learned(seed) for seed in range(3)]
    for poses in after[1:]:
        poses.score[frames:] = 0.3
    verdict = judged(after[0], after[1:], before=apart())
    assert verdict.vouched_after_fraction == 1
    assert verdict.is_kept is is_kept, verdict.reason
    assert ("too little is sure to be compared" in verdict.reason) is not is_kept


@pytest.mark.parametrize(("frames", "is_kept"), [(2, False), (3, True)])
def test_of_two_frames_nothing_is_said_afterwards(frames, is_kept):
    """Of a video of ten frames, say: half of the keypoints could be anywhere."""
    after = [learned(seed).at(np.arange(frames)) for seed in range(3)]
    before = [poses.at(np.arange(frames)) for poses in apart()]
    nowhere = np.full((frames, 1, 2), np.nan)
    unlooked = np.full((frames, 1, len(SPACE), 2), np.nan)
    given = before[1:], LIKE_LABELS[:frames], nowhere, unlooked, unlooked
    witness = Witness(*given, after[1:], LIKE_LABELS[:frames])
    verdict = judge_adaptation(
        before[0], after[0], TAUGHT, frame=np.arange(frames), witness=witness, **LIMITS
    )
    assert verdict.vouched_after_fraction == 1
    assert verdict.is_kept is is_kept, verdict.reason


@pytest.mark.parametrize(("frames", "is_kept"), [(36, True), (37, False)])
def test_an_animal_that_lost_its_pose_is_not_vouched_for(frames, is_kept):
    after = [learned(seed) for seed in range(3)]
    after[0].xy_px[:frames], after[0].score[:frames] = np.nan, 0.0
    verdict = judged(after[0], after[1:], before=apart())
    assert verdict.vouched_after_fraction == pytest.approx(1 - frames / FRAMES)
    assert verdict.is_kept is is_kept, verdict.reason
