"""The stages of a study: which rules make which file last, and where each writes its log."""

from pathlib import Path

from superanimal_core.study.video_stages import SAME_STAGE, STAGES

VIDEOS, MODELS = Path("results/videos"), Path("results/models")
MEASURED = {  # stage: what a video is processed for, which is made again where it is deleted
    "smooth_poses": ("poses",),
    "measure_gait": ("strides", "walks", "gait"),
    "describe_behavior": ("features", "bouts"),
}
FIRST_MEASURED = "smooth_poses"  # the others are made from it
CHECKED = "check_video"
PREDICTED, ADAPTED = "predicted", "adapted"  # folders that may stand for a failed video
DETECTOR, MEMBER = "detector", "member-"
TRAININGS = ("pretrain", "fine_tune", "distill")


def rules_that_make(file: str) -> tuple[str, ...]:
    """The rules that may make a file or folder of a video last; none for others."""
    stages = [stage for stage, name in STAGES.items() if name == file]
    return (*stages, *(rule for rule, stage in SAME_STAGE.items() if stage in stages))


def video_log(rule: str, video: str) -> Path:
    """The log of a rule's job about a video, in the study."""
    return Path("logs", rule, f"{video}.log")


def training_log(rule: str, model: str, network: str) -> Path:
    """The log of the training of a member or of the detector, in the study."""
    member = f"-{network.removeprefix(MEMBER)}" if network.startswith(MEMBER) else ""
    return Path("logs", rule, f"{model}{member}.log")
