"""The networks that DeepLabCut has trained in a project: which of its many files is meant.

`dlc-models-pytorch/iteration-N/<project>-trainset95shuffle1/train/snapshot-best-200.pt`, and beside
it, where animals are found before they are looked at, `snapshot-detector-best-150.pt`.
"""

import re
from pathlib import Path

from superanimal_core.errors import ConfigError
from superanimal_core.formats.documents import read_yaml

MODELS, OF_TENSORFLOW = "dlc-models-pytorch", "dlc-models"
DETECTOR = "snapshot-detector-"
BEST = "best"


def is_trained_project(folder: Path) -> bool:
    """Whether DeepLabCut has trained in a folder."""
    return any((folder / name).is_dir() for name in (MODELS, OF_TENSORFLOW))


def snapshots_of(project: Path) -> tuple[Path, Path | None]:
    """The pose network of an iteration's last shuffle, its best or last snapshot; detector.

    The iteration is that which the project says it is at, or the last where that is not trained.
    ConfigError when there is none, or those of TensorFlow alone.
    """
    current = _iteration_of(project)
    trained = sorted(
        project.glob(f"{MODELS}/iteration-*/*/train"),
        key=lambda folder: (_numbers(folder)[0] == current, *_numbers(folder)),
    )
    for folder in reversed(trained):
        files = [*folder.glob("snapshot-*.pt")]
        poses = [file for file in files if not file.name.startswith(DETECTOR)]
        detectors = [file for file in files if file.name.startswith(DETECTOR)]
        if poses:
            return max(poses, key=_rank), max(detectors, key=_rank, default=None)
    if (project / OF_TENSORFLOW).is_dir() and not trained:
        raise ConfigError(
            [
                f"--model {project}: its networks were trained with TensorFlow, which is not read; "
                "train it in DeepLabCut 3 with PyTorch, or leave out --model to train here"
            ]
        )
    raise ConfigError([f"--model {project}: no snapshot-*.pt in {MODELS}; is it trained?"])


def _iteration_of(project: Path) -> int | None:
    """The iteration that DeepLabCut would analyze videos with; None where nothing says it."""
    file = project / "config.yaml"
    said = read_yaml(file) if file.is_file() else None
    iteration = said.get("iteration") if isinstance(said, dict) else None
    return iteration if isinstance(iteration, int) else None


def keypoints_of(snapshot: Path) -> tuple[str, ...]:
    """The body parts of a network, by what DeepLabCut wrote beside it; none where that is gone."""
    beside = snapshot.with_name("pytorch_config.yaml")
    if not beside.is_file():
        return ()
    said = read_yaml(beside)
    named = said.get("metadata") if isinstance(said, dict) else None
    parts = named.get("bodyparts") if isinstance(named, dict) else None
    return tuple(map(str, parts)) if isinstance(parts, list) else ()


def _rank(snapshot: Path) -> tuple[bool, int]:
    """Of two snapshots the best, of two alike the later."""
    number = re.search(r"(\d+)\.pt$", snapshot.name)
    return BEST in snapshot.stem, int(number[1]) if number else 0


def _numbers(folder: Path) -> list[int]:
    """Iteration, then what the training set and shuffle are called by."""
    iteration, training = folder.parts[-3:-1]
    shuffle = re.search(r"shuffle(\d+)$", training)
    number = re.search(r"(\d+)$", iteration)
    return [int(found[1]) if found else 0 for found in (number, shuffle)]
