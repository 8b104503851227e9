"""Blanked squares of training crops: how many, where, in which color, the same for everybody."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.settings import PatchMaskSettings
from superanimal_core.training import label_training
from superanimal_core.training.batches import Batch
from superanimal_core.training.history import History
from superanimal_core.training.patch_mask import (
    blanked,
    draw_mask,
    masked_share,
    masked_stream,
)
from superanimal_core.training.processes import Processes

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", Path(__file__).parents[3] / "shared"))
PUBLISHED = SHARED / "fixtures/cameras/mvt.json"
COLOR, BLANK = (0.485, 0.456, 0.406), (124, 116, 104)
ALONE = Processes(0, 1)
STEPS = 100


def masks_of(**changes):
    settings = {"patch_px": 16, "initial": 0.0, "final": 0.5, "begin": 0.25, "end": 0.75}
    return PatchMaskSettings(**(settings | changes))


def plain(step, batch=6, size_px=(64, 48)):
    """Noise without any pixel of the blank color, and labels that tell the step."""
    crops = torch.randint(0, 100, (batch, size_px[1], size_px[0], 3), dtype=torch.uint8)
    xy_px = torch.full((batch, 2, 2), float(step))
    images = tuple(str(i) for i in range(batch))
    return Batch(crops, torch.zeros(batch, 2, 3), xy_px, torch.ones(batch, 2).long(), images)


def stream_of(masks, stream=plain, seed=3, processes=ALONE):
    how = {"color": COLOR, "steps": STEPS, "seed": seed, "processes": processes}
    return masked_stream(stream, masks, **how)


def squares_of(crops, patch_px):
    """Which squares of the grid are blank; every other square must not have one blank pixel."""
    is_blank = (crops == torch.tensor(BLANK)).all(dim=3)
    cells = is_blank.unfold(1, patch_px, patch_px).unfold(2, patch_px, patch_px)
    share = cells.float().mean(dim=(3, 4))
    assert set(share.unique().tolist()) <= {0.0, 1.0}
    return share == 1


@pytest.mark.parametrize(
    ("step", "share"),
    [(0, 0), (24, 0), (25, 0.1), (50, 0.3), (74, 0.1 + 0.4 * 49 / 50), (75, 0.5), (99, 0.5)],
)
def test_the_share_rises_linearly_between_its_two_steps(step, share):
    masks = masks_of(initial=0.1)
    assert masked_share(step / STEPS, masks) == pytest.approx(share)
    hidden = squares_of(stream_of(masks)(step).crops, 16)
    assert (hidden.sum(dim=(1, 2)) == int(share * 12 + 1e-9)).all()


def test_a_share_may_fall_and_may_jump():
    falling, jumping = masks_of(initial=0.5, final=0.1), masks_of(begin=0.5, end=0.5)
    assert masked_share(0.5, falling) == pytest.approx(0.3)
    assert [masked_share(p, jumping) for p in (0.49, 0.5, 1.0)] == [0.0, 0.5, 0.5]


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="no reference fixtures here")
def test_as_many_squares_are_blank_as_in_the_reference_program():
    published = json.loads(PUBLISHED.read_text())["patch_mask"]
    own = published["config"]
    masks = masks_of(
        initial=own["init_ratio"],
        final=own["final_ratio"],
        begin=own["init_step"] / 1000,
        end=own["final_step"] / 1000,
    )
    steps = {k: v for k, v in published["steps"].items() if k.isdigit()}
    assert len(steps) >= 5
    for step, expected in steps.items():
        share = masked_share(int(step) / 1000, masks)
        hidden = draw_mask((own["grid"], own["grid"]), share, np.random.default_rng(0))
        assert share == pytest.approx(expected["ratio"])
        assert {hidden.sum()} == {len(v) for p in expected["masked_patch_indices"] for v in p}


@given(
    st.integers(1, 6), st.integers(1, 6), st.floats(0, 1), st.sampled_from([8, 16]),
    st.integers(0, 7), st.integers(0, 2**32),
)  # fmt: skip
def test_blanks_are_whole_squares_of_the_grid_and_all_else_is_as_it_was(
    rows, columns, share, patch_px, beyond, seed
):
    generator = np.random.default_rng(seed)
    hidden = np.stack([draw_mask((rows, columns), share, generator) for _ in range(2)])
    assert np.abs(hidden.sum(axis=(1, 2)) + 0.5 - share * rows * columns).max() <= 0.5 + 1e-6
    crops = torch.randint(0, 100, (2, rows * patch_px + beyond, columns * patch_px + beyond, 3))
    crops = crops.to(torch.uint8)
    found = blanked(crops, hidden, patch_px, COLOR)
    for place in np.ndindex(found.shape[:3]):
        row, column = place[1] // patch_px, place[2] // patch_px
        is_hidden = row < rows and column < columns and hidden[place[0], row, column]
        expected = BLANK if is_hidden else tuple(crops[place].tolist())
        assert tuple(found[place].tolist()) == expected


def test_a_blank_is_zero_to_the_network(world):
    crop = world.bundle().crop
    hidden = np.ones((1, 4, 4), bool)
    found = crop.normalize(blanked(plain(0, 1, (64, 64)).crops, hidden, 16, crop.mean))
    assert found.abs().max() <= 0.5 / 255 / min(crop.std) + 1e-6


def test_a_whole_number_of_squares_is_not_lost_to_rounding():
    assert (0.7 + 0.1) * 10 < 8
    assert draw_mask((2, 5), 0.7 + 0.1, np.random.default_rng(0)).sum() == 8


def test_labels_stay_and_the_stream_below_is_not_changed():
    given_ = plain(80)
    before = given_.crops.clone()
    found = stream_of(masks_of(), lambda step: given_)(80)
    assert torch.equal(given_.crops, before)
    assert not torch.equal(found.crops, before)
    assert found.xy_px is given_.xy_px
    assert found.state is given_.state
    assert found.images == given_.images


def test_masks_follow_from_seed_and_step_and_no_two_are_alike():
    def masks_at(step, seed=3):
        hidden = squares_of(stream_of(masks_of(), seed=seed)(step).crops, 16)
        return [tuple(np.flatnonzero(one).tolist()) for one in hidden.numpy()]

    assert masks_at(80) == masks_at(80)  # drawn again, as after a stop
    assert masks_at(80, seed=4) != masks_at(80)
    drawn = [mask for step in range(75, 95) for mask in masks_at(step)]
    # of 924 masks of 6 squares among 12, twenty batches of six
    assert len(set(drawn)) > 100
    assert len(set(sum(drawn, ()))) == 12


def test_processes_together_see_what_one_sees():
    step, count, whole = 80, 2, plain(80, 7)

    def part_of(rank):
        def at(_step):
            part = slice(rank, None, count)
            return Batch(
                whole.crops[part], whole.to_image[part], whole.xy_px[part], whole.state[part], ()
            )

        return stream_of(masks_of(), at, processes=Processes(rank, count))(step).crops

    expected = stream_of(masks_of(), lambda step: whole)(step).crops
    for rank in range(count):
        assert torch.equal(part_of(rank), expected[rank::count])


def seen_by_a_training(world, monkeypatch, **changes):
    """All crops that a training of four steps learns from."""
    seen = []

    def fit(network, streams, *_, **__):
        seen.extend(streams[label_training.LABELED](step).crops for step in range(4))
        return History()

    monkeypatch.setattr(label_training, "fit", fit)
    label_training.fit_labels(
        world.bundle(), world.labels(["lab"] * 6), world.read_image, world.training(steps=4),
        world.augment(rotation_deg=20.0, noise=0.02, flip=0.5, **changes),
        seed=0, device=torch.device("cpu"), tell=lambda step, note: None,
    )  # fmt: skip
    return seen


def test_a_training_without_masks_sees_what_it_saw_and_with_them_the_same_but_for_blanks(
    world, monkeypatch
):
    masks = masks_of(begin=0.5, end=0.75)
    without = seen_by_a_training(world, monkeypatch)
    masked = seen_by_a_training(world, monkeypatch, patch_mask=masks)
    blanks = []
    for expected, found in zip(without, masked, strict=True):
        is_blank = (found == torch.tensor(BLANK)).all(dim=3)
        assert torch.equal(found[~is_blank], expected[~is_blank])
        blanks.append(is_blank.float().mean().item())
    assert blanks[:2] == pytest.approx([0, 0], abs=0.01)
    assert blanks[3] == pytest.approx(0.5, abs=0.01)
