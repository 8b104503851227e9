"""Windows of unlabeled video, and the losses on them as terms of a training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from superanimal_core.errors import TrainingError, VideoError
from superanimal_core.network.crops import apply_affine
from superanimal_core.network.heatmaps import encode_heatmaps
from superanimal_core.network.pose_network import heatmap_losses
from superanimal_core.network.soft_argmax import probability_maps
from superanimal_core.pose.labels import LabelState
from superanimal_core.settings.unlabeled import UnlabeledSettings
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.processes import Processes
from superanimal_core.training.semisupervised import (
    heatmap_kl,
    heatmap_mse,
    pose_pca,
    temporal_difference,
)
from superanimal_core.training.state import Checkpoint
from superanimal_core.training.unlabeled import window_stream
from superanimal_core.training.unlabeled_objectives import (
    LABELS_SCALE,
    POSE,
    VIEWS,
    annealed_share,
    see,
    unlabeled_objectives,
)
from superanimal_core.training.unlabeled_training import fit_labels_and_videos, fit_subspaces

CPU = torch.device("cpu")
ALONE = Processes(0, 1)
FRAMES = 3
VIDEOS = ("first", "second", "third")
OFF = {"temporal": None, "pose_pca": None, "view_pca": None, "unimodal": None}
ALWAYS = {"frozen_until": 0.0, "increase": 1e9}
TEMPORAL = {"log_weight": 2.0, "epsilon_px": 0.0, "min_score": 0.0}
POSES = {
    "log_weight": 2.0,
    "keypoints": {},
    "components": 2.0,
    "centering": None,
    "epsilon_px": 0.0,
}


def settings_of(frames=FRAMES, windows=1, anneal=ALWAYS, **losses):
    whole = {"enabled": True, "frames": frames, "windows": windows, "anneal": anneal}
    return UnlabeledSettings(**whole, **(OFF | losses))


class Cinema:
    """Videos whose every frame is one of the world's pictures, larger than labeled images."""

    def __init__(self, world, broken=()):
        self.world, self.broken, self.asked = world, set(broken), []

    def __call__(self, video, place, frames):
        self.asked.append((video, place))
        if video in self.broken:
            raise VideoError("probe_video", f"{video} is empty")
        seed = 1000 * VIDEOS.index(video) + int(900 * place)
        image = self.world.dots(seed)[0].repeat(2, axis=0).repeat(2, axis=1)
        return [np.roll(image, 2 * i, axis=1) for i in range(frames)]


def stream_of(world, read, windows=1, seed=5, processes=ALONE, **augment):
    return window_stream(
        VIDEOS,
        read,
        world.bundle().crop,
        world.augment(**augment),
        keypoints=3,
        frames=FRAMES,
        windows=windows,
        seed=seed,
        processes=processes,
    )


LIVELY = {"rotation_deg": 20.0, "scale": 0.2, "shift": 0.1, "noise": 0.02, "flip": 1.0}


def test_a_batch_is_windows_of_frames_without_labels(world):
    batch = stream_of(world, Cinema(world), windows=2)(0)
    assert batch.crops.shape == (2 * FRAMES, 64, 64, 3)
    assert (batch.state == LabelState.NOT_IN_DATASET).all()
    assert batch.xy_px.isnan().all()
    assert batch.images == tuple(f for f in batch.images if f in VIDEOS)
    assert len(batch.images) == 2


def test_all_frames_of_a_window_are_changed_alike_and_none_is_mirrored(world):
    batch = stream_of(world, Cinema(world), windows=2, **LIVELY)(3)
    one, other = batch.to_image.split(FRAMES)
    assert torch.equal(one[0], one[1])
    assert torch.equal(one[0], one[2])
    assert not torch.equal(one[0], other[0])
    assert (torch.linalg.det(batch.to_image[:, :, :2]) > 0).all()


def test_a_still_window_stays_still_whatever_is_done_to_light(world):
    def still(video, place, frames):
        return [world.dots(3)[0]] * frames

    stream = stream_of(world, still, noise=0.1, cutout=1.0, brightness=0.2, contrast=0.2, blur=0.5)
    crops = stream(0).crops
    assert torch.equal(crops[0], crops[1])
    assert not torch.equal(crops, stream(1).crops)


def test_the_map_of_a_crop_leads_to_pixels_of_the_video(world):
    """A dot of the picture, twice as large as labeled images, is where the map says."""
    batch = stream_of(world, Cinema(world), rotation_deg=20.0, scale=0.2)(0)
    crop, to_image = batch.crops[0].numpy(), batch.to_image[0].numpy().astype(float)
    red = np.argwhere((crop[..., 0] > 150) & (crop[..., 1:] < 100).all(axis=2))
    found = apply_affine(to_image, red[:, ::-1].mean(axis=0) + 0.5)
    read = Cinema(world)
    stream_of(world, read, rotation_deg=20.0, scale=0.2)(0)
    (video, place), *_ = read.asked
    seed = 1000 * VIDEOS.index(video) + int(900 * place)
    np.testing.assert_allclose(found, 2 * world.dots(seed)[1][0], atol=1.5)


def test_a_step_gives_the_same_batch_again_and_parts_make_it_whole(world):
    whole = stream_of(world, Cinema(world), windows=3, **LIVELY)
    for step in (0, 7):
        batch = whole(step)
        assert torch.equal(
            batch.crops, stream_of(world, Cinema(world), windows=3, **LIVELY)(step).crops
        )
        parts = [
            stream_of(world, Cinema(world), windows=3, processes=Processes(r, 2), **LIVELY)(step)
            for r in range(2)
        ]
        windows = batch.crops.split(FRAMES)
        assert torch.equal(parts[0].crops, torch.cat([windows[0], windows[2]]))
        assert torch.equal(parts[1].crops, windows[1])
    assert not torch.equal(whole(0).crops, whole(1).crops)
    assert not torch.equal(
        whole(0).crops, stream_of(world, Cinema(world), windows=3, seed=6, **LIVELY)(0).crops
    )


def test_every_video_is_learned_from_and_every_place_in_it(world):
    read = Cinema(world)
    stream = stream_of(world, read)
    assert {stream(step).images[0] for step in range(30)} == set(VIDEOS)
    places = np.sort([place for _, place in read.asked])
    assert len(places) == 30
    assert np.diff([0, *places, 1]).max() < 0.3


def test_a_broken_video_is_told_once_and_another_takes_its_place(world, capsys):
    read = Cinema(world, broken=["second"])
    stream = stream_of(world, read)
    batches = [stream(step) for step in range(30)]
    assert {b.images[0] for b in batches} == {"first", "third"}
    assert capsys.readouterr().out.count("second is empty") == 1
    # one who starts later, and finds out later, draws the same
    late = stream_of(world, Cinema(world, broken=["second"]))
    assert torch.equal(late(29).crops, batches[29].crops)


def test_when_no_video_can_be_read_it_is_told(world):
    stream = stream_of(world, Cinema(world, broken=VIDEOS))
    with pytest.raises(TrainingError, match="none of 3 unlabeled videos can be read"):
        stream(0)


def test_fewer_windows_than_processes_are_refused(world):
    with pytest.raises(TrainingError, match=r"windows is 1, but 2 processes"):
        stream_of(world, Cinema(world), processes=Processes(0, 2))


# ── objectives ───────────────────────────────────────────────────────────────────────────────────


IN_IMAGE = torch.tensor([[1.6, -1.2, 7.0], [1.2, 1.6, -3.0]])  # turned, doubled and shifted


def in_image(xy_px):
    return xy_px @ IN_IMAGE[:, :2].mT.to(xy_px.dtype) + IN_IMAGE[:, 2].to(xy_px.dtype)


def outputs_and_batch(world, xy_px):
    """Perfect heatmaps of positions in the crop, in a batch whose crops lead into an image."""
    batch = stream_of(world, Cinema(world), windows=2)(0)
    to_image = IN_IMAGE.expand(len(xy_px), 2, 3)
    network = world.bundle().network
    grid = (64 // network.stride_px,) * 2
    heatmaps = encode_heatmaps(xy_px, grid, network.stride_px, network.sigma_px)
    return network, heatmaps, replace(batch, to_image=to_image)


def walk(n=2 * FRAMES, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).uniform(16, 48, (n, 3, 2))).float()


def terms(world, settings, subspaces=None, taught=(True, True, True), xy_px=None, steps=10):
    network, heatmaps, batch = outputs_and_batch(world, walk() if xy_px is None else xy_px)
    objectives = unlabeled_objectives(
        "video",
        network,
        settings,
        subspaces or {},
        frames=FRAMES,
        is_taught=torch.tensor(taught),
        steps=steps,
    )
    return [(o.importance, *(float(v) for v in o.measure(heatmaps, batch))) for o in objectives]


def test_positions_are_seen_in_pixels_of_the_image(world):
    network, heatmaps, batch = outputs_and_batch(world, walk())
    seen = see(network, heatmaps, batch)
    torch.testing.assert_close(seen.xy_px, in_image(walk()), rtol=0, atol=0.2)
    assert (seen.confidence > 0.8).all()


def test_jumps_count_in_the_image_and_not_from_a_window_to_the_next(world):
    ((_, loss, weight),) = terms(world, settings_of(temporal=TEMPORAL))
    one, other = (2 * walk()).split(FRAMES)
    how = {"epsilon_px": 0.0, "min_confidence": 0.0}
    expected = sum(float(temporal_difference(w, None, **how).sum()) for w in (one, other))
    assert loss == pytest.approx(expected, rel=0.01)
    assert weight == 2 * (FRAMES - 1) * 3


def test_of_untaught_keypoints_nothing_is_asked(world):
    settings = settings_of(temporal=TEMPORAL)
    still = walk(1).expand(2 * FRAMES, 3, 2).clone()
    still[:, 1] = walk()[:, 1]  # the second one alone moves
    assert terms(world, settings, xy_px=still)[0][1] > 10
    _, loss, weight = terms(world, settings, taught=(True, False, True), xy_px=still)[0]
    assert loss == pytest.approx(0, abs=1e-3)
    assert weight == 2 * (FRAMES - 1) * 2
    shape = settings_of(unimodal={"log_weight": 2.0, "divergence": "mse", "min_score": 0.0})
    assert terms(world, shape, taught=(True, False, True))[0][2] == 2 * FRAMES * 2


def test_jumps_of_which_the_network_is_not_sure_cost_nothing(world):
    assert terms(world, settings_of(temporal=TEMPORAL | {"min_score": 0.7}))[0][1] > 10
    assert terms(world, settings_of(temporal=TEMPORAL | {"min_score": 1.0}))[0][1] == 0


def labels_that_differ(world, n=24):
    return world.labels(["lab"] * n)


def test_subspaces_are_of_the_labels_that_steps_learn_from_in_their_own_pixels(world):
    labels = labels_that_differ(world)
    settings = settings_of(pose_pca=POSES)
    taught = labels.space.keypoints
    subspaces = fit_subspaces(labels, world.training(), settings, taught=taught, mirrors=[])
    subspace = subspaces[POSE]
    np.testing.assert_allclose(subspace.mean_px, labels.xy_px.mean(axis=0).flatten())
    assert subspace.epsilon_px == 0
    # what a teacher said is no label
    state = labels.state.copy()
    state[12:] = LabelState.TAUGHT
    half = replace(labels, state=state)
    fitted = fit_subspaces(half, world.training(), settings, taught=taught, mirrors=[])[POSE]
    np.testing.assert_allclose(fitted.mean_px, labels.xy_px[:12].mean(axis=0).flatten())
    state = labels.state.copy()
    state[:, 1] = LabelState.TAUGHT
    partly = replace(labels, state=state)
    fitted = fit_subspaces(partly, world.training(), settings, taught=taught, mirrors=[])[POSE]
    assert fitted.points.tolist() == [[0, 2]]
    named = settings_of(pose_pca=POSES | {"keypoints": {"dots": ["blue", "red"]}})
    two = fit_subspaces(labels, world.training(), named, taught=taught, mirrors=[])[POSE]
    assert two.points.tolist() == [[2, 0]]


def test_distances_from_the_labels_are_measured_in_pixels_of_the_image(world):
    """Labels and predictions in one frame of reference; in pixels of the crop all are far away."""
    labels = labels_that_differ(world)
    there = replace(labels, xy_px=in_image(torch.from_numpy(labels.xy_px)).numpy())
    seen = torch.from_numpy(labels.xy_px[: 2 * FRAMES]).float()
    losses = []
    settings = settings_of(pose_pca=POSES | {"epsilon_px": None})
    for fitted_on in (there, labels):
        subspaces = fit_subspaces(
            fitted_on, world.training(), settings, taught=labels.space.keypoints, mirrors=[]
        )
        ((_, loss, weight),) = terms(world, settings, subspaces, xy_px=seen)
        direct = pose_pca(in_image(seen.double()), subspaces[POSE])
        assert loss == pytest.approx(float(direct.sum()), rel=0.05, abs=0.5)
        losses.append(loss / weight)
    assert losses[1] > 10 * losses[0]


def test_mirrors_are_matched_by_the_names_of_the_parts(world):
    labels = labels_that_differ(world)
    names = ("paw_top", "nose_bot", "paw_bot")
    space = replace(labels.space, keypoints=names, mirror_pairs=())
    labels = replace(labels, space=space)
    settings = settings_of(view_pca={"log_weight": 1.0, "epsilon_px": None})
    how = {"taught": names, "mirrors": ["top", "bot"]}
    found = fit_subspaces(labels, world.training(), settings, **how)
    assert found[VIEWS].points.tolist() == [[0, 2]]
    assert len(terms(world, settings, found)) == 1
    given = settings_of(view_pca={"log_weight": 1.0, "epsilon_px": 7.5})
    assert fit_subspaces(labels, world.training(), given, **how)[VIEWS].epsilon_px == 7.5
    for wrong in ({"mirrors": []}, {"taught": ("paw_top", "nose_bot")}):
        with pytest.raises(TrainingError, match="several mirrors"):
            fit_subspaces(labels, world.training(), settings, **(how | wrong))


def test_a_map_of_one_peak_costs_nothing_and_of_two_it_does(world):
    unimodal = {"log_weight": 2.0, "divergence": "mse", "min_score": 0.0}
    network, heatmaps, batch = outputs_and_batch(world, walk())
    _, other, _ = outputs_and_batch(world, walk(seed=1))
    how = {"frames": FRAMES, "is_taught": torch.ones(3, dtype=torch.bool), "steps": 1}
    for of in ("mse", "kl"):
        settings = settings_of(unimodal=unimodal | {"divergence": of})
        (objective,) = unlabeled_objectives("v", network, settings, {}, **how)
        one, two = (
            objective.measure(maps, batch)[0]
            for maps in (heatmaps, torch.maximum(heatmaps, 0.8 * other))
        )
        assert two > 5 * one
        seen = see(network, torch.maximum(heatmaps, 0.8 * other), batch)
        ideal = probability_maps(seen.xy_in_crop_px, (16, 16), 4, network.sigma_px)
        assert two == {"mse": heatmap_mse, "kl": heatmap_kl}[of](seen.shares, ideal).sum()


def test_each_loss_counts_by_its_weight_and_by_how_far_the_training_is(world):
    anneal = {"frozen_until": 0.2, "increase": 2.0}
    settings = settings_of(temporal=TEMPORAL | {"log_weight": 3.0}, anneal=anneal)
    ((importance, *_),) = terms(world, settings, steps=100)
    full = LABELS_SCALE / (2 * np.exp(3.0))
    assert [importance(n) for n in (0, 19)] == [0, 0]
    assert importance(45) == pytest.approx(full / 2)
    assert [importance(n) for n in (70, 99)] == pytest.approx([full, full])
    assert annealed_share(0.2, settings.anneal) == 0


def test_a_log_weight_has_the_published_share_beside_the_labels():
    """Both losses on labels, of the same faint prediction of a Gaussian of 1.25 cells."""
    sigma, stride = 1.25, 4
    xy_px = torch.tensor([[[100.0, 90.0]]])
    ours = encode_heatmaps(xy_px, (64, 64), stride, sigma * stride)
    own = heatmap_losses(0.7 * ours, xy_px, stride, sigma * stride)
    maps = probability_maps(xy_px, (64, 64), stride, sigma * stride)
    published = 0.5 * heatmap_mse(0.7 * maps, maps)
    assert (own / published).item() == pytest.approx(LABELS_SCALE, rel=1e-3)


# ── whole trainings ──────────────────────────────────────────────────────────────────────────────


class Kept:
    """Checkpoints in memory; stops after a step as a signal would."""

    def __init__(self, stop_after=None):
        self.stop_after, self.last = stop_after, None

    def read(self):
        return self.last

    def is_due(self):
        return True

    def write(self, checkpoint):
        tensors = {k: v.clone() for k, v in checkpoint.tensors.items()}
        self.last = Checkpoint(tensors, checkpoint.values)

    def written(self):
        if self.last and self.last.values["step"] == self.stop_after:
            raise KeyboardInterrupt


def trained(world, settings, steps=8, checkpoints=None, read=None, bundle=None, **training):
    bundle, labels = bundle or world.bundle(), labels_that_differ(world)
    how = world.training(steps=steps, log_every_steps=1, **training)
    subspaces = fit_subspaces(
        labels, how, settings, taught=bundle.taught_keypoints, mirrors=["top", "bot"]
    )
    history = fit_labels_and_videos(
        bundle,
        labels,
        world.read_image,
        how,
        world.augment(rotation_deg=10.0, noise=0.02),
        unlabeled=settings,
        subspaces=subspaces,
        videos=VIDEOS,
        read_window=read or Cinema(world),
        seed=4,
        device=CPU,
        tell=lambda step, note: None,
        checkpoints=checkpoints,
    )
    return bundle.network.state_dict(), history


def same(first, second):
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_training_that_was_stopped_goes_on_to_the_last_bit(world):
    settings = settings_of(temporal=TEMPORAL, pose_pca=POSES)
    whole, _ = trained(world, settings)
    kept = Kept(stop_after=5)
    with pytest.raises(KeyboardInterrupt):
        trained(world, settings, checkpoints=kept, read=Cinema(world, broken=["first"]))
    kept.stop_after = None
    resumed, _ = trained(world, settings, checkpoints=kept, read=Cinema(world, broken=["first"]))
    alone, _ = trained(world, settings, read=Cinema(world, broken=["first"]))
    assert same(resumed, alone)
    assert not same(resumed, whole)


def test_losses_without_weight_change_nothing_but_normalization(world):
    """So do those that are still frozen."""
    how = {"steps": 4, "frozen_batch_norm": True}
    bundle = world.bundle()
    fit_labels(
        bundle,
        labels_that_differ(world),
        world.read_image,
        world.training(log_every_steps=1, **how),
        world.augment(rotation_deg=10.0, noise=0.02),
        seed=4,
        device=CPU,
        tell=lambda step, note: None,
    )
    frozen = {"frozen_until": 1.0, "increase": 1.0}
    asleep, _ = trained(world, settings_of(temporal=TEMPORAL, anneal=frozen), **how)
    assert same(bundle.network.state_dict(), asleep)
    awake, _ = trained(world, settings_of(temporal=TEMPORAL), **how)
    assert not same(asleep, awake)


def test_a_training_stops_early_by_the_labels_that_are_held_out(world):
    rule = {"fraction": 0.25, "every_steps": 2, "patience": 1}
    _, history = trained(world, settings_of(temporal=TEMPORAL), early_stopping=rule)
    assert history.held_out_px[-1] is not None


def test_a_network_without_heatmaps_is_refused(world):
    class NoHeatmaps(torch.nn.Module):
        keypoints = 3

    bundle = world.bundle()
    object.__setattr__(bundle, "network", NoHeatmaps())
    with pytest.raises(Exception, match="heatmaps"):
        fit_labels_and_videos(
            bundle,
            labels_that_differ(world),
            world.read_image,
            world.training(),
            world.augment(),
            unlabeled=settings_of(),
            subspaces={},
            videos=VIDEOS,
            read_window=Cinema(world),
            seed=0,
            device=CPU,
            tell=lambda step, note: None,
        )
