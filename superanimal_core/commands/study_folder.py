"""The folder of a study that exists, as a command was given it, and what to type next."""

import os
import shlex
from contextlib import suppress
from pathlib import Path

from superanimal_core.commands.permissions import closed_sentence, first_closed
from superanimal_core.commands.typed_path import refuse_no_text, typed_path
from superanimal_core.errors import SuperAnimalError
from superanimal_core.report.rerun import Failed, rerun_arguments
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.study.settings_document import check_text
from superanimal_core.study.shipped import WORKFLOW
from superanimal_core.study.study import Study, read_study

SHEETS = ("videos", "datasets")  # settings that name one
CALLED = "SUPERANIMAL_COMMAND"  # the launcher says here how it was called


def to_type(command: str, study: str | Path, rest: str = "") -> str:
    """A command on a study, to be pasted into the terminal in which this one was typed."""
    program = shlex.quote(os.environ.get(CALLED, "superanimal"))
    return f"{program} {command} {shlex.quote(str(study))}{rest}"


def to_do_again(study: str | Path, failed: Failed) -> str:
    """What does a failed video of a study again."""
    return to_type("run", study, f" -- {' '.join(rerun_arguments([failed]))}")


def to_unlock(study: str | Path) -> str:
    """What removes the lock of a run that has died."""
    return to_type("run", study, " -- --unlock")


def read_here() -> Study:
    """The study in the working directory. ConfigError lists all that `-n` would tell."""
    check_text(CONFIG)
    return read_study(read_config(CONFIG), WORKFLOW)


def checked_study(written: str | Path) -> Path:
    """The folder. SuperAnimalError, with what to do, when it is not that of a study."""
    study = typed_path(written)
    refuse_no_text(study)
    if closed := first_closed(study / CONFIG):
        raise SuperAnimalError(closed_sentence(closed, study / CONFIG))
    if (study / CONFIG).is_file():
        if is_program_alone(study):
            raise SuperAnimalError(
                f"{study} is the folder of the program and holds no study; name that of a study, "
                f"or make one: {to_type('init', 'my-study')} --help"
            )
        for sheet in sheets_of(study):
            if closed := first_closed(sheet):
                raise SuperAnimalError(closed_sentence(closed, sheet))
        return study
    if study.is_file():
        above = study.parent.parent if study.parent.name == CONFIG.parent.name else study.parent
        raise SuperAnimalError(f"{study} is a file; name the study's folder, {above}")
    if not study.is_dir():
        raise SuperAnimalError(f"{study} is no folder; name that of a study")
    if (study / CONFIG.name).is_file() and study.resolve().name == CONFIG.parent.name:
        raise SuperAnimalError(f"{study} is the config of a study; name the folder above it")
    others = sorted((study / CONFIG).parent.glob(f"{CONFIG.stem}.y*ml*"))
    if others:
        raise SuperAnimalError(f"{others[0]} must be called {CONFIG.name}; rename it")
    raise SuperAnimalError(
        f"{study} has no {CONFIG}, so it is no study; make one: {to_type('init', study)} --help"
    )


def sheets_of(study: Path) -> list[Path]:
    """The sheets that a study's config.yaml names; none where it cannot be read."""
    with suppress(SuperAnimalError, TypeError, AttributeError):
        named = read_config(study / CONFIG)
        return [study / named.get(key, f"config/{key}.tsv") for key in SHEETS]
    return []


def is_program_alone(study: Path) -> bool:
    """Whether this is the program's own folder, whose config.yaml is complete and of no study.

    A study may be kept there: then it has a sheet of videos.
    """
    if study.resolve() != WORKFLOW.resolve():
        return False
    named = read_config(study / CONFIG).get("videos")
    return not (isinstance(named, str) and (study / named).is_file())
