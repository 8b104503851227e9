"""Which data set labels which keypoint, and how often in which state."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from superanimal_core.pose.labels import Labels, LabelState


@dataclass(frozen=True)
class Coverage:
    """`count[dataset, keypoint, state]` animals; states are the values of LabelState."""

    datasets: tuple[str, ...]
    keypoints: tuple[str, ...]
    count: Int[ndarray, "dataset keypoint state"]

    @property
    def located(self) -> Int[ndarray, "dataset keypoint"]:
        """How many labels with a position."""
        return self.count[..., LabelState.OCCLUDED :].sum(axis=-1)


def label_coverage(labels: Labels) -> Coverage:
    """Labels counted by data set (in order of first appearance), keypoint and state."""
    datasets = tuple(dict.fromkeys(str(source) for source in labels.source))
    number = {name: i for i, name in enumerate(datasets)}
    row = np.array([number[str(source)] for source in labels.source], dtype=np.int64)
    count = np.zeros((len(datasets), len(labels.space), len(LabelState)), dtype=np.int64)
    column = np.broadcast_to(np.arange(len(labels.space)), labels.state.shape)
    np.add.at(count, (np.broadcast_to(row[:, None], labels.state.shape), column, labels.state), 1)
    return Coverage(datasets, labels.space.keypoints, count)
