"""Batches of training crops, and streams of them: what a step of a training learns from.

A stream is a deterministic function from the step to its batch, so that a training that goes on
after a stop sees what it would have seen. Unlabeled pictures are batches too: their keypoints are
NOT_IN_DATASET, without positions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from numpy import ndarray
from torch import Tensor

from superanimal_core.errors import TrainingError
from superanimal_core.network.ahead import ahead
from superanimal_core.network.crops import CropGeometry
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings
from superanimal_core.training.augment import change_light_alike, move_keypoints, random_change
from superanimal_core.training.picture_edge import PictureEdge, draw_edge
from superanimal_core.training.processes import Processes
from superanimal_core.training.sampling import draw_batch, sampling_weights

ReadImage = Callable[[str], UInt8[ndarray, "height width 3"]]
Neighbors = Callable[[str], Sequence[str]]  # a picture's window: names of frames, itself the middle


@dataclass(frozen=True)
class Batch:
    """Crops with their keypoints in the network's positions (NaN where unknown).

    `to_image` leads from the network's positions to pixels of the image. `images` names what the
    batch was drawn from, also the parts of other processes. For networks that look at neighboring
    frames there is a window of crops in the place of each; or, where the batch's own crops are the
    neighbors, `windows` has the places of those around each. `weight` is that of labels with
    weights.
    """

    crops: UInt8[Tensor, "batch *window height width 3"]
    to_image: Float[Tensor, "batch 2 3"]
    xy_px: Float[Tensor, "batch keypoint 2"]
    state: Int[Tensor, "batch keypoint"]
    images: tuple[str, ...]
    windows: Int[Tensor, "batch window"] | None = None
    weight: Float[Tensor, "batch keypoint"] | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same batch with its tensors on a device."""
        return Batch(
            self.crops.to(device),
            self.to_image.to(device),
            self.xy_px.to(device),
            self.state.to(device),
            self.images,
            None if self.windows is None else self.windows.to(device),
            None if self.weight is None else self.weight.to(device),
        )


Stream = Callable[[int], Batch]


def labeled_stream(
    labels: Labels,
    read_image: ReadImage,
    crop: CropGeometry,
    augment: AugmentSettings,
    *,
    batch: int,
    sampling_temperature: float,
    seed: int,
    processes: Processes,
    neighbors: Neighbors | None = None,
) -> Stream:
    """Random crops of labeled animals; of each batch, this process's part.

    Which animals, and what is done to each, follows from the seed, the step and the place in the
    batch alone: all processes draw alike. With `neighbors` there are windows of crops.
    TrainingError for fewer animals than processes.
    """
    if batch < processes.count:
        raise TrainingError(f"training.batch is {batch}, but {processes.count} processes share it")
    weights = sampling_weights(labels.source, sampling_temperature)

    def at(step: int) -> Batch:
        generator = np.random.default_rng([seed, step])
        rows = draw_batch(weights, batch, generator)
        generators, part = generator.spawn(len(rows)), processes.part()
        images = tuple(str(labels.image[row]) for row in rows)
        own = rows[part], read_image, augment, crop, generators[part]
        return make_batch(labels, *own, images=images, neighbors=neighbors)

    return at


def make_batch(
    labels: Labels,
    rows: Int[ndarray, "batch"],
    read_image: ReadImage,
    augment: AugmentSettings,
    crop: CropGeometry,
    generators: Sequence[np.random.Generator],
    images: tuple[str, ...] = (),
    neighbors: Neighbors | None = None,
) -> Batch:
    """Cut, turn and relight the animals at `rows`, each by a random generator of its own.

    With `neighbors` the same is done to all frames of a picture's window, in the animal's own box.
    """
    mirror = labels.space.mirror_permutation()
    crops = []
    to_image = np.empty((len(rows), 2, 3), np.float32)
    xy_px = np.empty((len(rows), len(mirror), 2), np.float32)
    state = np.empty((len(rows), len(mirror)), np.int64)
    weight = None if labels.weight is None else labels.weight[rows].astype(np.float32)
    for i, (row, generator) in enumerate(zip(rows, generators, strict=True)):
        change = random_change(augment, generator)
        image, box = str(labels.image[row]), labels.box_xyxy_px[row]
        animal = labels.xy_px[row], labels.state[row]
        edge = draw_edge(box, augment.picture_edge, generator)
        if edge:
            box, animal = edge.clipped(box), edge.without_what_is_beyond(*animal)
        names = neighbors(image) if neighbors else (image,)
        window = [crop.cut(_left_of(read_image(name), edge), box, change) for name in names]
        cut = window[len(window) // 2]
        lit = change_light_alike([frame.pixels for frame in window], augment, generator)
        crops.append(lit if neighbors else lit[0])
        to_image[i] = cut.to_image
        xy_px[i], state[i] = move_keypoints(
            cut.to_network,
            *animal,
            crop.size_px,
            mirror if change.is_mirrored else None,
        )
        if weight is not None and change.is_mirrored:
            weight[i] = weight[i, mirror]
    labeled = torch.from_numpy(xy_px), torch.from_numpy(state)
    pixels = torch.from_numpy(np.stack(crops))
    weights = None if weight is None else torch.from_numpy(weight)
    return Batch(pixels, torch.from_numpy(to_image), *labeled, images, weight=weights)


def _left_of(
    image: UInt8[ndarray, "height width 3"], edge: PictureEdge | None
) -> UInt8[ndarray, "height width 3"]:
    return edge.blackened(image) if edge else image


def batches_ahead(
    streams: Mapping[str, Stream], start: int, stop: int
) -> Iterator[Mapping[str, Batch]]:
    """One batch of every stream for steps `start` to `stop`.

    The next ones are made in a thread while the network works on these.
    """

    def at(step: int) -> Mapping[str, Batch]:
        return {name: stream(step) for name, stream in streams.items()}

    return ahead(map(at, range(start, stop)), depth=1)


def has_positions(labels: Labels) -> Bool[ndarray, "animal"]:
    """True for the animals with at least one known keypoint."""
    return np.asarray(labels.is_located.any(axis=1))
