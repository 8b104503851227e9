"""What a study is begun with: somebody's networks, and what suits a processor, GPU or cluster.

Of released networks the first of a list that there is for the space; of networks that are trained
here, backbone and sizes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from superanimal_core.errors import ConfigError
from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean
from superanimal_core.study.study_rows import ReleasedRow


@dataclass(frozen=True)
class GivenModel:
    """Weights of the pose network and the detector ('' : none was found), and their space.

    Weights are the path of a file or folder, or the name of a released checkpoint. The space of a
    file is '' : nobody knows it. `own` is that space where the program has none of its name.
    `members` are the networks of the model that it is the first of; `keypoints` are those of
    another program's network, where it says them.
    """

    pose: str
    detector: str
    space: str
    own: KeypointSpace | None = None
    members: int = 1
    keypoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """Released networks by choice; lines of a model that is trained here; of the whole study.

    `of_commands` is what `plan` and `run` are to be typed with.
    """

    computer: str
    pose: tuple[str, ...]
    detector: tuple[str, ...]
    of_model: tuple[str, ...]
    of_study: tuple[str, ...]
    of_commands: str = ""


ON_GPU = "inference: { batch: 128, precision: bfloat16 } # crops at once\n"
PRESETS = {
    "cpu": Preset(
        computer="without a GPU",
        pose=("rtmpose_s", "resnet_50", "hrnet_w32", "rtmpose_x"),
        detector=("ssdlite", "fasterrcnn_mobilenet_v3_large_fpn", "fasterrcnn_resnet50_fpn_v2"),
        of_model=(
            "    backbone: mobilenetv2_050 # small and fast; a timm network (docs/backbones.md)\n",
            "    input_size_px: 128 # the animal is looked at in so many pixels\n",
            "    seeds: [0] # one network; [0, 1, 2] are three, which know how sure they are\n",
        ),
        of_study=(
            "adaptation: { enabled: false } # networks do not learn from each video: faster\n",
        ),
    ),
    "gpu": Preset(
        computer="with a GPU",
        pose=("hrnet_w32", "rtmpose_x", "resnet_50", "rtmpose_s"),
        detector=("fasterrcnn_resnet50_fpn_v2", "fasterrcnn_mobilenet_v3_large_fpn", "ssdlite"),
        of_model=("    seeds: [0, 1, 2] # three networks, which know how sure they are\n",),
        of_study=(ON_GPU,),
    ),
}
PRESETS["cluster"] = replace(
    PRESETS["gpu"],
    computer="on a Slurm cluster with GPUs",
    of_commands=" --slurm",
    of_study=(
        ON_GPU,
        "training_jobs: # trainings are jobs of their own, which go on where they were ended\n"
        "  { where: slurm, gpus: true, slurm: { mem: 16000 } } # and your partition, account\n",
    ),
)


def chosen_released(
    written: str, released: dict[str, ReleasedRow], preset: str
) -> GivenModel | None:
    """The released networks of a keypoint space that suit a preset; None: no space has that name.

    A name of a network itself is none of a space.
    """
    spaces = {row.space for row in released.values() if row.kind == "pose"}
    if written not in spaces:
        return None
    choice = PRESETS[preset]
    pose = _first(choice.pose, written, "pose", released)
    return GivenModel(pose, _first(choice.detector, written, "detector", released), written)


def checked_preset(name: str) -> str:
    """The name. ConfigError: there is none of that name."""
    if name not in PRESETS:
        hint = did_you_mean(name, list(PRESETS))
        raise ConfigError([f"--preset {name}: not one of {', '.join(PRESETS)}{hint}"])
    return name


def _first(choices: Sequence[str], space: str, kind: str, released: dict[str, ReleasedRow]) -> str:
    """The name of the first of some networks that is there for a space; '' where none is."""
    names = (f"{space}_{network}" for network in choices)
    return next((name for name in names if name in released and released[name].kind == kind), "")
