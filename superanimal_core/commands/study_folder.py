"""The folder of a study that exists, as a command was given it."""

from pathlib import Path

from superanimal_core.errors import SuperAnimalError
from superanimal_core.study.overlay import CONFIG


def checked_study(written: str | Path) -> Path:
    """The folder. SuperAnimalError, with what to do, when it is not that of a study."""
    study = Path(written).expanduser()
    if (study / CONFIG).is_file():
        return study
    if not study.is_dir():
        raise SuperAnimalError(f"{study} is no folder; name that of a study")
    if (study / CONFIG.name).is_file() and study.resolve().name == CONFIG.parent.name:
        raise SuperAnimalError(f"{study} is the config of a study; name the folder above it")
    raise SuperAnimalError(
        f"{study} has no {CONFIG}, so it is no study; make one: superanimal init --help"
    )
