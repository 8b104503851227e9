"""Every setting of a study, once and without a default. Mistakes: see study.settings_document."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from superanimal_core.settings.adaptation import AdaptationSettings
from superanimal_core.settings.behavior import BehaviorSettings, FeatureSettings, GaitSettings
from superanimal_core.settings.classifiers import ClassifiersSettings
from superanimal_core.settings.distillation import DistillationSettings
from superanimal_core.settings.early_stopping import EarlyStoppingSettings
from superanimal_core.settings.groups import GroupSettings
from superanimal_core.settings.report import ReportSettings
from superanimal_core.settings.section import (
    Count,
    CountOrAuto,
    Fraction,
    NotNegative,
    NotNegativeCount,
    Positive,
    Section,
)
from superanimal_core.settings.smoothing import SmoothingSettings
from superanimal_core.settings.unlabeled import UnlabeledSettings

TransferMode = Literal["new_head", "naive", "memory_replay"]
ExportFormat = Literal[
    "deeplabcut_csv",
    "deeplabcut_h5",
    "lightning_pose_csv",
    "eks_csv",
    "sleap_analysis",
    "sleap_slp",
    "coco_results",
    "nwb",
    "movement",
    "keypoint_moseq",
    "simba",
    "anipose",
    "csv",
]
CONTEXT = "_context"  # end of the names of architectures that look at neighboring frames
INT8 = "int8"  # the precision in which engines compute quantized networks
Single = Literal["pyramid", "hrnet", "tokenpose", "vit"]
WithContext = Literal["pyramid_context", "hrnet_context", "tokenpose_context", "vit_context"]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=100)]


class ParentSettings(Section):
    """What a model is trained from on the data sets with role `fine_tune`, and how."""

    parent: Identifier
    mode: TransferMode


class PredictionSettings(Section):
    """Predictions that another program made of the videos, in place of networks of ours."""

    format: Literal["deeplabcut", "lightning_pose", "eks", "sleap", "poses"]
    space: Identifier


class ModelSettings(Section):
    """One model: its space, its networks (trained, or weights from elsewhere), its members."""

    space: Identifier
    predictions: PredictionSettings | None
    pose_weights: str | None
    detector_weights: str | None
    fine_tune: ParentSettings | None
    student_of: Identifier | None
    seeds: Annotated[list[int], Field(min_length=1)]
    architecture: Literal[Single, WithContext]
    backbone: str
    detector_backbone: str | None
    initial_weights: str | None
    mean: tuple[Fraction, Fraction, Fraction]
    std: tuple[Positive, Positive, Positive]
    input_size_px: Annotated[int, Field(ge=32, multiple_of=32)]
    detector_size_px: Annotated[int, Field(ge=64, multiple_of=32)]


class DatasetSettings(Section):
    """How labels become training and test sets."""

    test_fraction: Fraction
    split_seed: int
    split: Literal["group", "time"]


class AuditSettings(Section):
    """From where on a label or a pair of pictures is suspected."""

    box_margin: NotNegative
    bone_ratio: Annotated[float, Field(gt=1)]
    bone_deviations: Positive
    min_side_evidence: Fraction
    picture_difference: Fraction


class MatchingSettings(Section):
    """How a conversion table is proposed."""

    animals: Count
    min_score: Fraction
    min_confidence: Fraction


class NetworkSettings(Section):
    """What every pose network shares: the heatmaps' grid and width, and the crop around a box."""

    stride_px: Literal[2, 4, 8]
    sigma_px: Positive
    crop_margin: Annotated[float, Field(ge=1)]
    decoder_channels: Count
    subpixel: bool


class PatchMaskSettings(Section):
    """Squares of training crops that are blanked; their share rises from `begin` to `end`.

    Sides divide every crop, whose own are multiples of 32 px. Times are parts of the training.
    """

    patch_px: Literal[8, 16, 32]
    initial: Fraction
    final: Fraction
    begin: Fraction
    end: Fraction


# what is off, and then in no rule's params
OFF_IN_AUGMENT: Mapping[str, object] = {"patch_mask": None, "picture_edge": 0.0}


class AugmentSettings(Section):
    """Random changes of a training crop. Each is drawn uniformly within plus or minus its value."""

    rotation_deg: Annotated[float, Field(ge=0, le=180)]
    scale: NotNegative
    shift: Fraction
    flip: Fraction
    brightness: NotNegative
    contrast: Fraction
    noise: NotNegative
    blur: Fraction
    cutout: Fraction
    picture_edge: Fraction
    patch_mask: PatchMaskSettings | None

    @classmethod
    def of_params(cls, params: Mapping[str, object]) -> "AugmentSettings":
        """From a rule's params, which do not name what is off: it re-runs nothing."""
        return cls.model_validate({**OFF_IN_AUGMENT, **params})


class TrainingSettings(Section):
    """Pretraining over all data sets of a space, with keypoint gradient masking."""

    masking: bool
    steps: Count
    batch: Count
    learning_rate: Positive
    weight_decay: NotNegative
    warmup_steps: Annotated[int, Field(ge=0)]
    gradient_clip: Positive
    ema_decay: Fraction
    sampling_temperature: Positive
    bagging: bool
    not_labeled_weight: Fraction
    frozen_batch_norm: bool
    log_every_steps: Count
    precision: Literal["float32", "bfloat16"]
    early_stopping: EarlyStoppingSettings | None


class FineTuningSettings(Section):
    """Training from a pretrained model; what a new head needs is as in pretraining."""

    steps: Count
    batch: Count
    learning_rate: Positive | None
    frozen_batch_norm: bool
    min_score: Fraction
    min_overlap: Fraction


class TrainingJobSettings(Section):
    """Where trainings run and how often they are kept. No result depends on it."""

    where: Literal["here", "local", "slurm"]
    nodes: Count
    processes: Count
    gpus: bool
    cpus: Count
    minutes: Count
    requeues: NotNegativeCount
    slurm: dict[str, str | int]
    checkpoint_minutes: NotNegative


class TransferSettings(Section):
    """The transfer table: which starts are compared, on which fractions of the labels."""

    modes: Annotated[list[TransferMode | Literal["scratch", "zero_shot"]], Field(min_length=1)]
    fractions: Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=1)]
    seeds: Annotated[list[NotNegativeCount], Field(min_length=1)]
    single_dataset: Identifier | None
    spaces: list[Identifier]
    in_report: bool


class DetectorSettings(Section):
    """The detector: how it is trained, and which of its boxes count."""

    steps: Count
    batch: Count
    learning_rate: Positive
    normalize_twice: bool
    min_score: Fraction
    every_frames: CountOrAuto
    max_gap_s: Annotated[float, Field(ge=0, le=10)]  # frames wait so long in memory
    redetect: bool
    box_margin: NotNegative
    scale: NotNegative


class InferenceSettings(Section):
    """How networks are run over a video."""

    batch: Count
    precision: Literal["float32", "bfloat16", "float16", "int8"]
    scales: tuple[Positive, ...] = Field(min_length=1)
    flip: bool
    compiled: bool
    engine: Literal["torch", "onnxruntime", "openvino"]
    chunk_frames: Count


class QualitySettings(Section):
    """When a video is flagged, and when a run has failed."""

    min_score: Fraction
    max_absent_fraction: Fraction
    max_dropped_fraction: Fraction
    max_expected_error: Positive
    max_extrapolated_fraction: Fraction
    max_failed_fraction: Fraction


class Settings(Section):
    """The whole of config.yaml."""

    videos: str
    datasets: str
    models: Annotated[dict[Identifier, ModelSettings], Field(min_length=1)]
    labels: DatasetSettings
    audit: AuditSettings
    matching: MatchingSettings
    network: NetworkSettings
    augment: AugmentSettings
    training: TrainingSettings
    fine_tuning: FineTuningSettings
    unlabeled: UnlabeledSettings
    training_jobs: TrainingJobSettings
    distillation: DistillationSettings
    transfer: TransferSettings
    detector: DetectorSettings
    inference: InferenceSettings
    adaptation: AdaptationSettings
    smoothing: SmoothingSettings
    gait: GaitSettings
    features: FeatureSettings
    behavior: BehaviorSettings
    classifiers: ClassifiersSettings
    groups: GroupSettings
    quality: QualitySettings
    exports: list[ExportFormat]
    report: ReportSettings
