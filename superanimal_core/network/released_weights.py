"""Tensors of released checkpoints -> our networks; what does not fit is told key by key."""

from collections.abc import Iterator, Mapping
from pathlib import PurePath

import torch
from torch import Tensor, nn

from superanimal_core.errors import SuperAnimalError, first_of
from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.detector import DETECTORS, DetectorBundle
from superanimal_core.network.layouts import (
    IMAGENET_COLORS,
    LAYOUTS,
    SSDLITE_ANCHORS,
    Layout,
    Shape,
)
from superanimal_core.pose.keypoints import KeypointSpace

WRAPPINGS = ("model", "state_dict")  # DeepLabCut's snapshots, MMPose's checkpoints
PARALLEL = "module."  # in front of every name after training on several GPUs
MAX_SHOWN = 5  # keys per kind of difference
TERMS = ("released SuperAnimal weights: for research only, see the model card of their repository",)


def tensors_in(document: object, where: str) -> dict[str, Tensor]:
    """The named tensors of a checkpoint, whatever they are wrapped in.

    SuperAnimalError when there are none.
    """
    found = document
    for key in WRAPPINGS:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        found = {}
    tensors = {str(k): v for k, v in found.items() if isinstance(v, Tensor)}
    if not tensors:
        raise SuperAnimalError(
            f"{where}: holds no named tensors; expected a state dict, or one under "
            f"{' or '.join(repr(key) for key in WRAPPINGS)}"
        )
    if all(name.startswith(PARALLEL) for name in tensors):
        return {name[len(PARALLEL) :]: tensor for name, tensor in tensors.items()}
    return tensors


def find_layout(tensors: Mapping[str, Tensor], kind: str, where: str) -> Layout:
    """The layout of a kind ('pose', 'detector') whose telling tensors are all there.

    SuperAnimalError with the nearest layout and what it lacks when none is.
    """
    lacking = {
        layout.name: list(_lacking(layout.signature, tensors))
        for layout in LAYOUTS
        if layout.kind == kind
    }
    for layout in LAYOUTS:
        if layout.kind == kind and not lacking[layout.name]:
            return layout
    nearest = min(lacking, key=lambda name: len(lacking[name]))
    raise SuperAnimalError(
        f"{where}: none of the known layouts of a {kind} checkpoint ({', '.join(lacking)}). "
        f"Nearest is {nearest}, but: {'; '.join(lacking[nearest])}. "
        f"The file begins with {first_of(list(tensors), MAX_SHOWN)}"
    )


def import_pose_model(
    tensors: Mapping[str, Tensor], space: KeypointSpace, where: str, *, is_subpixel: bool
) -> ModelBundle:
    """A bundle of a released pose network, which was taught its whole space.

    Every keypoint of a released space is labeled in one of the data sets that its weights learned
    from: those of the mouse in MausHaus or EPM, those of the quadruped in AwA-Pose (DeepLabCut's
    conversion tables), those of people in COCO. Of the bird's weights the data sets are not known.
    SuperAnimalError when the layout is unknown, when it is of another number of keypoints than the
    space has, or with a key-by-key difference.
    """
    layout = find_layout(tensors, "pose", where)
    keypoints = _counted(layout, tensors)
    if keypoints != len(space):
        raise SuperAnimalError(
            f"{where}: a network of {keypoints} keypoints, but the keypoint space '{space.name}' "
            f"has {len(space)}; choose the space that the checkpoint was trained in"
        )
    subpixel = {"is_subpixel": is_subpixel} if layout.architecture == "hrnet" else {}
    bundle = new_bundle(
        space,
        architecture=layout.architecture,
        parameters={**layout.parameters, **subpixel},
        crop=layout.crop(),
        trained_on=(PurePath(where).name,),
        terms=_terms(layout),
        taught=space.keypoints,
    )
    _fill(bundle.network, layout, tensors, where)
    return bundle


def import_detector(
    tensors: Mapping[str, Tensor], where: str, *, normalize_twice: bool
) -> DetectorBundle:
    """A bundle of a released detector.

    DeepLabCut normalizes images before torchvision does it again; `normalize_twice` repeats that
    for its checkpoints. SuperAnimalError as for pose networks.
    """
    layout = find_layout(tensors, "detector", where)
    classes = _counted(layout, tensors)
    if layout.architecture == "ssdlite":
        classes //= SSDLITE_ANCHORS
    network = DETECTORS[layout.architecture](classes=classes)
    _fill(network, layout, tensors, where)
    colors = IMAGENET_COLORS if layout.is_normalized_twice and normalize_twice else None
    parameters = {"classes": classes}
    trained_on = (PurePath(where).name,)
    return DetectorBundle(
        network, layout.architecture, parameters, None, colors, 1, trained_on, _terms(layout)
    )


def _terms(layout: Layout) -> tuple[str, ...]:
    """What binds whoever uses weights of a layout; those of MMPose and torchvision say so."""
    return () if " of " in layout.name else TERMS


def _lacking(signature: Mapping[str, Shape], tensors: Mapping[str, Tensor]) -> Iterator[str]:
    for name, shape in signature.items():
        if name not in tensors:
            yield f"'{name}' is missing"
        elif not _fits(tuple(tensors[name].shape), shape):
            given, wanted = tuple(tensors[name].shape), str(shape).replace("None", "any")
            yield f"'{name}' has shape {given}, expected {wanted}"


def _fits(given: tuple[int, ...], wanted: Shape) -> bool:
    pairs = zip(given, wanted, strict=False)
    return len(given) == len(wanted) and all(w in (None, g) for g, w in pairs)


def _counted(layout: Layout, tensors: Mapping[str, Tensor]) -> int:
    """Number of keypoints or classes; 0 when the tensor that tells is missing (told later)."""
    name, axis = layout.counted
    return tensors[name].shape[axis] if name in tensors else 0


@torch.no_grad()
def _fill(network: nn.Module, layout: Layout, tensors: Mapping[str, Tensor], where: str) -> None:
    """Copy every tensor into its place. SuperAnimalError with all differences if one lacks."""
    given = {
        _renamed(name, layout): (name, tensor)
        for name, tensor in tensors.items()
        if not name.startswith(layout.ignored)
    }
    state = {k: v for k, v in network.state_dict().items() if not _is_counter(k)}
    missing = [name for name in state if name not in given]
    surplus = [given[name][0] for name in given if name not in state and not _is_counter(name)]
    differing = []
    for name in state.keys() & given.keys():
        theirs, tensor = given[name]
        if name in layout.transposed and tensor.ndim > 1:
            tensor = tensor.transpose(0, 1)
        if tensor.shape == state[name].shape:
            state[name].copy_(tensor)
        else:
            differing.append(f"{theirs} {tuple(tensor.shape)} not {tuple(state[name].shape)}")
    network.eval()
    if missing or surplus or differing:
        raise SuperAnimalError(
            f"{where}: does not fit the layout {layout.name}: {len(missing)} missing"
            f"{_listed(missing)}, {len(surplus)} unexpected{_listed(surplus)}, "
            f"{len(differing)} of another shape{_listed(sorted(differing))}"
        )


def _renamed(name: str, layout: Layout) -> str:
    for theirs, ours in layout.renames:
        if name.startswith(theirs):
            return ours + name[len(theirs) :]
    return name


def _is_counter(name: str) -> bool:
    """Batches seen by a normalization: frozen ones count none, and no result depends on it."""
    return name.endswith("num_batches_tracked")


def _listed(names: list[str]) -> str:
    return f" ({first_of(names, MAX_SHOWN)})" if names else ""
