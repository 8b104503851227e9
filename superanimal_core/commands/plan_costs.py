"""What the jobs of a run cost, rule by rule: from the study's own benchmarks, else from a probe.

Times are of processors, all of them together: those of the clock depend on what else is going on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from superanimal_core.commands.plan_load import Load
from superanimal_core.inference.looks import USUAL_GAP, WHERE_NEEDED
from superanimal_core.settings import ModelSettings, Settings
from superanimal_core.tables.benchmark_files import FOLDER, read_benchmark

START_S = 1.0  # of a job that only reads and writes tables, measured on the demo
START_OF_TORCH_S = 4.0
FRAME_S = {  # of the processor per frame and animal, measured on the demo
    "probe_video": 0.0013,
    "smooth_poses": 0.0027,
    "measure_gait": 0.0012,
    "describe_behavior": 0.0015,
    "check_video": 0.001,
    "label_video": 0.006,
    "read_predictions": 0.0005,
    "compare_truth": 0.001,
    "export_poses": 0.001,
}
OF_VIDEOS = (*FRAME_S, "predict_poses", "adapt_to_video")
TRAININGS = ("pretrain", "pretrain_single", "fine_tune", "distill", "train_detector")
ADAPTATIONS = ("adapt_to_video", "adapt_together")
OF_NETWORKS = ("predict_poses", *ADAPTATIONS)
PROBED_RULES = (*TRAININGS, *OF_NETWORKS)
WITH_NETWORKS = (  # whose scripts import torch
    *(*TRAININGS, "transfer_run", *OF_NETWORKS, "evaluate_model", "propose_conversion"),
    *("import_pose_model", "import_detector", "offer_lessons", "train_classifier"),
    *("watch_for_student", "choose_lessons", "compare_student", "quantize_network"),
)
USUAL_MB = {True: 1600.0, False: 350.0}  # with torch, and without
MEASURED, PROBED, USUAL = "measured in this study", "probed", "as in the demo"
AT_MOST = "probed, at most: networks learn from videos that need it"


@dataclass(frozen=True)
class RuleCost:
    """What all jobs of one rule need; `one_s` is the processor's time of one, `one_mb` what it
    leaves on the disk."""

    rule: str
    jobs: int
    one_s: float
    memory_mb: float
    known_by: str
    one_mb: float = 0.0

    @property
    def cpu_s(self) -> float:
        """Of all its jobs."""
        return self.jobs * self.one_s

    @property
    def disk_mb(self) -> float:
        """Of all its jobs."""
        return self.jobs * self.one_mb


@dataclass(frozen=True)
class Paces:
    """Of one model on this machine (s): a step of its trainings, a frame of its predictions; what
    its two networks take on the disk, and the most memory that predicting and training took (MB;
    0: not known)."""

    decode_s: float = 0.0
    detect_s: float = 0.0
    pose_s: float = 0.0
    step_s: float = 0.0
    detector_step_s: float = 0.0
    pose_mb: float = 0.0
    detector_mb: float = 0.0
    predicting_mb: float = 0.0
    training_mb: float = 0.0


def probed_cost(
    rule: str, settings: Settings, model: ModelSettings, paces: Paces, load: Load
) -> float | None:
    """What one job of a rule costs (s) by the paces of its model; None: they say nothing of it."""
    members, steps = len(model.seeds), settings.training.steps
    views = len(settings.inference.scales) * (2 if settings.inference.flip else 1)
    prediction_s = paces.pose_s * load.frames * load.animals * members * views
    every = settings.detector.every_frames
    seen_s = paces.detect_s * load.frames / (USUAL_GAP if every == WHERE_NEEDED else every)
    adaptation, tuning = settings.adaptation, settings.fine_tuning
    label_s = paces.step_s / settings.training.batch  # of one label in a step
    learn_s = label_s * adaptation.batch * adaptation.steps
    own_s = learn_s * members if adaptation.per == "video" else 0.0
    costs_s = {
        "pretrain": paces.step_s * steps,
        "pretrain_single": paces.step_s * steps,
        "distill": paces.step_s * settings.distillation.steps_of_student(steps),
        "fine_tune": label_s * tuning.batch * tuning.steps,
        "train_detector": paces.detector_step_s * settings.detector.steps,
        "predict_poses": paces.decode_s * load.frames + seen_s + prediction_s,
        "adapt_to_video": own_s + prediction_s,
        "adapt_together": learn_s,
    }
    return START_OF_TORCH_S + costs_s[rule] if rule in costs_s else None


def unmeasured_cost(
    rule: str, settings: Settings, models: Sequence[tuple[ModelSettings, Paces]], load: Load
) -> tuple[float, str]:
    """What one job of a rule costs (s), the mean over the models, and how that is known."""
    tried = [probed_cost(rule, settings, model, paces, load) for model, paces in models]
    probed = [each for each in tried if each is not None]
    if probed:
        may_rest = rule in ADAPTATIONS and settings.adaptation.when == "needed"
        return mean(probed), AT_MOST if may_rest else PROBED
    return usual_cost(rule, load), USUAL


def unmeasured_memory(rule: str, paces: Sequence[Paces]) -> float:
    """What a job of a rule takes (MB): of networks what their probe took, of others the usual."""
    learns = rule in (*TRAININGS, *ADAPTATIONS)
    tried = [each.training_mb if learns else each.predicting_mb for each in paces]
    probed = max(tried, default=0.0) if rule in PROBED_RULES else 0.0
    return probed or USUAL_MB[rule in WITH_NETWORKS]


def usual_cost(rule: str, load: Load) -> float:
    """What one job costs (s) that trains no network and asks none."""
    seconds = START_S + FRAME_S.get(rule, 0.0) * load.frames_of(rule) * load.animals
    seconds += START_OF_TORCH_S if rule in WITH_NETWORKS else 0.0
    return seconds


def measured_cost(
    study: Path, rule: str, frames_of: Mapping[str, float], frames: float
) -> tuple[float, float] | None:
    """What one job cost before (s), and its memory (MB); of a video, for one of so many frames.

    None where nothing of the rule was measured.
    """
    seconds, memory = [], []
    for file in sorted((study / FOLDER / rule).glob("*.tsv")):
        own = frames_of.get(file.stem)
        if rule in OF_VIDEOS and not own:
            continue  # a video that is no more, or that failed
        for row in read_benchmark(file):
            cpu_s = row["cpu_time"]
            start = min(cpu_s, START_OF_TORCH_S if rule in WITH_NETWORKS else START_S)
            factor = frames / own if rule in OF_VIDEOS and own else 1.0
            seconds.append(start + (cpu_s - start) * factor)
            memory.append(row["max_rss"])
    return (mean(seconds), max(memory)) if seconds else None
