"""Trainings that survive a killed job: their last checkpoint is kept in a work folder.

One safetensors file, in whose metadata all that is no tensor stands as JSON: reading runs no code.
Checkpoints of another run never mix in (work_folder); they are removed when the model is written.
"""

import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file

from superanimal_core.jobs.work_folder import work_folder
from superanimal_core.tables.atomic import replacing
from superanimal_core.training.state import Checkpoint

CHECKPOINT, VALUES = "checkpoint.safetensors", "values"
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)


class FolderCheckpoints:
    """The last checkpoint of a training, in a folder; a new one is due every `minutes`."""

    def __init__(self, folder: Path, minutes: float):
        self.folder, self.every_s = folder, 60 * minutes
        self.last = time.monotonic()
        self.received: list[int] = []
        self.handlers: dict[int, signal._HANDLER] = {}

    def read(self) -> Checkpoint | None:
        """The last whole checkpoint."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        with safe_open(path, "pt") as kept:
            tensors = {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118
            values = json.loads(kept.metadata()[VALUES])
        print(f"going on after step {values['step']}")
        return Checkpoint(tensors, values)

    def is_due(self) -> bool:
        """True when the time has come or a signal has."""
        return bool(self.received) or time.monotonic() - self.last >= self.every_s

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep this one; the one before stays until it is whole."""
        tensors = {k: v.detach().cpu().contiguous() for k, v in checkpoint.tensors.items()}
        with replacing(self.folder / CHECKPOINT) as temporary:
            save_file(tensors, temporary, {VALUES: json.dumps(checkpoint.values)})

    def written(self) -> None:
        """Start the clock again, and let the signals that waited do what they would have done."""
        self.last = time.monotonic()
        while self.received:
            number = self.received.pop()
            signal.signal(number, self.handlers[number])
            signal.raise_signal(number)
            signal.signal(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number not in self.received:
            self.received.append(number)


def checkpoints_of(
    output: str | Path, record: Mapping[str, Any], minutes: float
) -> AbstractContextManager[FolderCheckpoints]:
    """`folder_checkpoints` in the work folder of an output."""
    return folder_checkpoints(work_folder(Path(output), record), minutes)


@contextmanager
def folder_checkpoints(folder: Path, minutes: float) -> Iterator[FolderCheckpoints]:
    """Checkpoints in a folder; within the block, signals that end a job wait for the next one.

    A signal does what it would have done before (end the process, requeue the job) once the step is
    whole and its checkpoint is kept.
    """
    kept = FolderCheckpoints(folder, minutes)
    kept.handlers = {n: signal.signal(n, kept._note) or signal.SIG_DFL for n in SIGNALS}
    try:
        yield kept
    finally:
        for number, handler in kept.handlers.items():
            signal.signal(number, handler)
        for number in kept.received:
            signal.raise_signal(number)
