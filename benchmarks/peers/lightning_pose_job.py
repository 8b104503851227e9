"""Lightning Pose's side of benchmarks/lightning_pose.py, run by .peers/lightning_pose's Python.

lightning_pose_job.py losses GIVEN.npz FOUND.npz THREADS   its losses of every case
lightning_pose_job.py train GIVEN.npz FOUND.npz THREADS    a short training on the labels given

For `losses` GIVEN has arrays named LOSS/CASE/ARGUMENT, FOUND arrays named LOSS/CASE/RESULT.
For `train` GIVEN has the starting weights (start/NUMBER, in the order of the network), crops, held
(crops too), keypoints, the rows of each step's batch, the rate of each step, mean and std of
colors; FOUND has the loss of each step and the positions seen in held. All positions are pixels of
the crops, in its own convention: centers of cells are counted from 0.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Mapping

import numpy as np
import torch

# modules that it imports at once and needs for video, augmentation, cameras and clips alone
ABSENT = ("nvidia", "imgaug", "aniposelib", "moviepy")


class Nothing(type):
    """The class of what stands for anything of a module that is absent."""

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return nothing()


def nothing():
    """A class that can be inherited from, called, named in a type, and used to decorate."""
    return Nothing(
        "Absent", (), {"__new__": lambda cls, *given, **named: given[0] if given else cls}
    )


class AbsentModule(types.ModuleType):
    """A module whose every name stands for nothing."""

    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return nothing()


class Absences(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules that nobody else finds, where they are among those that may be absent."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in ABSENT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec):
        return AbsentModule(spec.name)

    def exec_module(self, module):
        pass


def theirs(module):
    """A module of Lightning Pose."""
    return importlib.import_module(f"lightning_pose.{module}")


def loss_of(name, *given, **settings):
    """The loss of a class of its losses, of these inputs; one of maps has no epsilon."""
    return getattr(theirs("losses.losses"), name)(**settings)(*given)[0]


def heatmap_loss(name):
    """A loss on labels."""
    return lambda *, target, predicted: {"loss": loss_of(name, target, predicted)}


def temporal(*, positions, epsilon, threshold, confidence=None):
    how = {"epsilon": epsilon.tolist(), "prob_threshold": threshold.item()}
    return {"loss": loss_of("TemporalLoss", positions.flatten(1), confidence, **how)}


def temporal_heatmap(loss_name):
    """The same of maps."""

    def of(*, maps, epsilon, threshold, confidence):
        how = {"epsilon": epsilon.tolist(), "prob_threshold": threshold.item()}
        how |= {"loss_name": loss_name}
        return {"loss": loss_of("TemporalHeatmapLoss", maps, confidence, **how)}

    return of


def pca(loss_name):
    """The loss of predictions, of a subspace of labels that are handed over instead of read."""

    def of(*, labels, predicted, points, share=None, epsilon=None, centering=None):
        theirs("utils.pca").DataExtractor = lambda **_: lambda: (labels.flatten(1), None)
        chosen = {"mirrored_column_matches": points.tolist()}
        if loss_name == "pca_singleview":
            chosen = {"columns_for_singleview_pca": points[0].tolist()}
        made = theirs("losses.losses").PCALoss(
            loss_name,
            components_to_keep=3 if share is None else share.item(),
            epsilon=None if epsilon is None else epsilon.item(),
            centering_method=None if centering is None else ("mean", "median")[int(centering)],
            data_module=object(),
            device="cpu",
            **chosen,
        )
        return {"loss": made(predicted.flatten(1))[0], "epsilon": made.epsilon}

    return of


def pairwise(*, labeled, predicted):
    return {"loss": loss_of("PairwiseProjectionsLoss", labeled, predicted)}


def reprojection(*, target, positions, size):
    height, width = size.tolist()
    sized = {"original_image_height": height, "original_image_width": width}
    sized |= {"downsampled_image_height": target.shape[2]}
    sized |= {"downsampled_image_width": target.shape[3]}
    return {"loss": loss_of("ReprojectionHeatmapLoss", target, positions, **sized)}


def targets(*, positions, size, grid, visibility=None):
    height, width = size.tolist()
    make = theirs("data.heatmaps").generate_heatmaps
    return {"maps": make(positions, height, width, tuple(grid.tolist()), visibility=visibility)}


def soft_argmax(*, maps, enlargements):
    found = theirs("models.heads.heatmap").run_subpixelmaxima
    flat, confidence = found(maps, int(enlargements), torch.tensor(1000.0))
    return {"positions": flat.reshape(*maps.shape[:2], 2), "confidence": confidence}


def unimodal(name):
    """Made of its parts: the loss itself is gone from it."""

    def of(*, maps, size):
        at = soft_argmax(maps=maps, enlargements=2)["positions"]
        ideal = targets(positions=at, size=size, grid=torch.tensor(maps.shape[2:]))["maps"]
        return {"loss": loss_of(name, ideal, maps)}

    return of


def weight(*, log_weight):
    return {"weight": theirs("losses.losses").HeatmapMSELoss(log_weight=log_weight.item()).weight}


LOSSES = {
    "targets": targets,
    "soft-argmax": soft_argmax,
    "heatmap mse": heatmap_loss("HeatmapMSELoss"),
    "heatmap kl": heatmap_loss("HeatmapKLLoss"),
    "heatmap js": heatmap_loss("HeatmapJSLoss"),
    "unimodal mse": unimodal("HeatmapMSELoss"),
    "unimodal kl": unimodal("HeatmapKLLoss"),
    "temporal": temporal,
    "temporal heatmap mse": temporal_heatmap("temporal_heatmap_mse"),
    "temporal heatmap kl": temporal_heatmap("temporal_heatmap_kl"),
    "pca singleview": pca("pca_singleview"),
    "pca multiview": pca("pca_multiview"),
    "pairwise projections": pairwise,
    "reprojection": reprojection,
    "weight": weight,
}


def losses_of(given, functions):
    """LOSS/CASE/RESULT -> array, by the function of each loss, from LOSS/CASE/ARGUMENT."""
    cases: dict[tuple[str, str], dict[str, torch.Tensor]] = {}
    for name, values in given.items():
        loss, case, argument = name.split("/")
        cases.setdefault((loss, case), {})[argument] = torch.from_numpy(np.asarray(values))
    return {
        f"{loss}/{case}/{name}": np.asarray(value)
        for (loss, case), arguments in cases.items()
        for name, value in functions[loss](**arguments).items()
    }


def trained(given: Mapping[str, np.ndarray]):
    """The loss of each step, and what its network sees in the held-out crops afterwards."""
    crops, held = (colored(given[name], given) for name in ("crops", "held"))
    keypoints = torch.from_numpy(given["keypoints"])
    size = tuple(crops.shape[2:])
    losses = {"heatmap_mse": {"log_weight": 0.0}}
    tracker = theirs("models").HeatmapTracker(
        num_keypoints=keypoints.shape[1],
        loss_factory=theirs("losses.factory").LossFactory(losses, None),
        backbone="resnet18",
        pretrained=False,
    )
    start(tracker, given)
    optimizer = tracker.configure_optimizers()["optimizer"]
    tracker.train()
    values = []
    for rows, rate in zip(given["rows"], given["rates"], strict=True):
        rows = torch.from_numpy(rows)
        batch = whole_frames(crops[rows], keypoints[rows].clone())
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.zero_grad()
        loss = tracker.evaluate_labeled(batch)
        loss.backward()
        optimizer.step()
        values.append(loss.item())
    tracker.eval()
    with torch.inference_mode():
        seen = [tracker.predict_step(whole_frames(part, None), 0)[0] for part in held.split(8)]
    positions = torch.cat(seen).reshape(len(held), -1, 2) * torch.tensor(size[::-1])
    return {"losses": np.array(values), "positions": positions.numpy()}


def colored(crops, given):
    """Crops as its network takes them."""
    pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.from_numpy(given[name]).float().view(3, 1, 1) for name in ("mean", "std"))
    return (pixels - mean) / std


def start(tracker, given):
    """The weights given, in the order of the network's own."""
    own = tracker.state_dict()
    names = sorted(name for name in given if name.startswith("start/"))
    weights = [torch.from_numpy(given[name]) for name in names]
    assert [value.shape for value in own.values()] == [value.shape for value in weights]
    tracker.load_state_dict(dict(zip(own, weights, strict=True)))


def whole_frames(images, keypoints):
    """A batch of its own kind, of frames of size 1 x 1."""
    batch = {"images": images, "bbox": torch.tensor([[0.0, 0.0, 1.0, 1.0]]).repeat(len(images), 1)}
    if keypoints is None:
        return batch
    size = torch.tensor(images.shape[2:])
    grid = torch.tensor([side // 4 for side in images.shape[2:]])
    maps = targets(positions=keypoints, size=size, grid=grid)["maps"]
    return batch | {"keypoints": keypoints.flatten(1), "heatmaps": maps}


def main():
    what, given, found, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    sys.meta_path.append(Absences())
    with np.load(given) as arrays:
        arrays = dict(arrays)
    np.savez(found, **(trained(arrays) if what == "train" else losses_of(arrays, LOSSES)))


if __name__ == "__main__":
    main()
