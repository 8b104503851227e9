"""A short training of Lightning Pose's network by our loop, and what its own needs for the same."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from lightning_pose_cases import SIGMA_PX, STRIDE_PX
from numpy import ndarray
from semisupervised_recordings import ROOT
from torch import Tensor, nn

from superanimal_core.inference.labeled import predict_labels
from superanimal_core.media.images import cached_reader
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import CropGeometry, apply_affine
from superanimal_core.network.pose_network import FeatureNetwork, Keypoints, Outputs, heatmaps_in
from superanimal_core.network.pyramid import build_backbone
from superanimal_core.network.soft_argmax import probability_maps, sub_pixel_maxima
from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.training.label_training import fit_labels, learning_stream
from superanimal_core.training.schedule import learning_rate_factor
from superanimal_core.training.semisupervised import heatmap_mse, weight_of

BACKBONE, SIDE_PX, BATCH, RATE = "resnet18", 64, 8, 0.001
PARTS = 5  # the first of so many parts of the pictures is held out
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CPU = torch.device("cpu")


class PublishedNetwork(FeatureNetwork):
    """Lightning Pose's network (Biderman et al. 2024): a map of probability for each keypoint.

    A residual network, its pixels shuffled to twice the grid, two transposed convolutions, and the
    softmax over each map. Positions are sub-pixel maxima, and the loss is the published one of maps
    that sum to 1. Our own networks' Gaussians have the peak 1, also where the border cuts them.
    """

    def __init__(self, keypoints: int):
        super().__init__(keypoints, STRIDE_PX, SIGMA_PX, is_subpixel=True)
        self.backbone = build_backbone(BACKBONE, 32)
        self.feature_channels = 512
        larger = {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}
        self.head = nn.Sequential(
            nn.PixelShuffle(2),
            nn.ConvTranspose2d(self.feature_channels // 4, keypoints, **larger),
            nn.ConvTranspose2d(keypoints, keypoints, **larger),
        )
        for layer in self.head[1:]:
            nn.init.xavier_uniform_(layer.weight, gain=0.01)
            nn.init.zeros_(layer.bias)

    def features(self, crops: Tensor) -> Tensor:
        """The last stage of the backbone."""
        return self.backbone(crops)[-1]

    def heatmaps(self, features: Tensor) -> Tensor:
        """Maps that sum to 1."""
        maps = self.head(features)
        return torch.softmax(maps.flatten(2), dim=2).view_as(maps)

    def decode(self, outputs: Outputs) -> Keypoints:
        """Sub-pixel maxima and their confidence."""
        return sub_pixel_maxima(heatmaps_in(outputs), STRIDE_PX, enlargements=2)

    def keypoint_losses(self, outputs: Outputs, xy_px: Tensor) -> Tensor:
        """The published loss on labels, times its weight."""
        maps = heatmaps_in(outputs)
        target = probability_maps(xy_px, tuple(maps.shape[2:]), STRIDE_PX, SIGMA_PX)
        return weight_of(0.0) * heatmap_mse(maps, target)


@dataclass(frozen=True)
class ShortTraining:
    """So many steps on labels, from the weights of a seed; a part of the labels is held out."""

    labels: Labels
    steps: int
    seed: int

    @cached_property
    def crop(self) -> CropGeometry:
        """Whole frames of the side that networks here see."""
        return CropGeometry((SIDE_PX, SIDE_PX), 1.0, MEAN, STD, in_whole_pixels=False)

    @cached_property
    def training(self) -> TrainingSettings:
        """As Lightning Pose trains, as far as there is a setting: no decay, no clip, no mean."""
        plain = {"weight_decay": 0.0, "gradient_clip": 1e9, "ema_decay": 0.0, "warmup_steps": 0}
        own = {"steps": self.steps, "batch": BATCH, "learning_rate": RATE, "log_every_steps": 1}
        return TrainingSettings(**read_config(ROOT / CONFIG)["training"] | plain | own)

    @cached_property
    def augment(self) -> AugmentSettings:
        """Nothing is changed: the two programs change pictures differently."""
        fields = dict.fromkeys(AugmentSettings.model_fields, 0.0)
        return AugmentSettings(**fields | {"patch_mask": None})

    @cached_property
    def parts(self) -> tuple[Labels, Labels]:
        """The labels to learn from, and those that are held out."""
        order = np.random.default_rng(0).permutation(len(self.labels))
        is_held = np.isin(np.arange(len(order)), order[::PARTS])
        return self.labels.select(~is_held), self.labels.select(is_held)

    def bundle(self) -> ModelBundle:
        """The network before its first step."""
        torch.manual_seed(self.seed)
        network = PublishedNetwork(len(self.labels.space))
        return ModelBundle(network, self.labels.space, "published", {}, self.crop, ())

    def ours(self) -> tuple[ndarray, ndarray]:
        """The loss of each step, and the positions in the held-out pictures (px)."""
        bundle, (learned, held) = self.bundle(), self.parts
        how = {"seed": self.seed, "device": CPU, "tell": lambda *_: None}
        read = cached_reader()
        history = fit_labels(bundle, learned, read, self.training, self.augment, **how)
        seen, _ = predict_labels([bundle], held, read, batch=BATCH, precision="float32", device=CPU)
        return np.array(history.loss), seen[0]

    def given(self) -> dict[str, ndarray]:
        """The same start, pictures, batches and rates, as Lightning Pose takes them."""
        bundle, (learned, held) = self.bundle(), self.parts
        state = enumerate(bundle.network.state_dict().values())
        start = {f"start/{number:04}": value.numpy() for number, value in state}
        read = cached_reader()
        stream = learning_stream(learned, read, bundle, self.training, self.augment, self.seed)
        row_of = {str(image): row for row, image in enumerate(learned.image)}
        rows = [[row_of[name] for name in stream(step).images] for step in range(self.steps)]
        factors = [learning_rate_factor(step, self.steps, 0) for step in range(self.steps)]
        crops, xy_px = self.cut(learned)
        return start | {
            "crops": crops,
            "held": self.cut(held)[0],
            "keypoints": (xy_px - STRIDE_PX / 2).astype(np.float32),
            "rows": np.array(rows),
            "rates": RATE * np.array(factors),
            "mean": np.array(MEAN),
            "std": np.array(STD),
        }

    def cut(self, labels: Labels) -> tuple[ndarray, ndarray]:
        """The crops of labels, and their positions in them."""
        read = cached_reader()
        pairs = zip(labels.image, labels.box_xyxy_px, strict=True)
        crops = [self.crop.cut(read(str(image)), box) for image, box in pairs]
        xy_px = [
            apply_affine(crop.to_network, own)
            for crop, own in zip(crops, labels.xy_px, strict=True)
        ]
        return np.stack([crop.pixels for crop in crops]), np.stack(xy_px)

    def in_image(self, positions: ndarray) -> ndarray:
        """Positions that Lightning Pose sees in the held-out crops, in pixels of the images."""
        held, read = self.parts[1], cached_reader()
        pairs = zip(held.image, held.box_xyxy_px, positions, strict=True)
        return np.stack(
            [
                apply_affine(self.crop.cut(read(str(image)), box).to_image, xy_px + STRIDE_PX / 2)
                for image, box, xy_px in pairs
            ]
        )

    def error_px(self, xy_px: ndarray) -> float:
        """The mean distance from the held-out labels."""
        return float(np.nanmean(np.linalg.norm(xy_px - self.parts[1].xy_px, axis=2)))

    def mean_pose_px(self) -> float:
        """The error of the mean of the labels, which looks at no picture."""
        learned, held = self.parts
        return self.error_px(np.broadcast_to(np.nanmean(learned.xy_px, axis=0), held.xy_px.shape))
