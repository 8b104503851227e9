"""From a folder of videos to poses, gait and behavior.

    superanimal init ~/my-study --videos ~/videos --species mouse --model ~/somebodys-model
    superanimal run ~/my-study
    superanimal status ~/my-study
    superanimal why ~/my-study m1_day1

From a clone after `make setup`, write ./superanimal. Every command explains itself with --help.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from itertools import takewhile
from typing import Any

from superanimal_core.commands.foreign_packages import foreign_package
from superanimal_core.commands.memory_limit import short_of_memory
from superanimal_core.commands.permissions import refused
from superanimal_core.commands.room import told_full
from superanimal_core.commands.streams import (
    complain,
    leave_stdout,
    open_closed_streams,
    refuse_gone_folder,
)
from superanimal_core.errors import ConfigError, SuperAnimalError, VideoError
from superanimal_core.jobs.full_disk import is_full_disk
from superanimal_core.jobs.thread_counts import settle_threads

COMMANDS = {  # name: module in commands, what it does
    "init": ("init", "make a study from a folder of videos, or somebody's project"),
    "check": ("check", "look at every file that a study names, before any job"),
    "plan": ("plan", "what a run will cost: jobs, hours, memory and disk"),
    "run": ("run", "run a study: Snakemake with the right files, from any folder"),
    "status": ("status", "how far a study is: done, failed and left by stage"),
    "why": ("why", "why a video is flagged or failed, with figures and settings"),
    "export": ("export", "poses of a study in the files of another program"),
    "smooth": ("smooth", "smooth existing predictions of one or several networks"),
    "export-labels": ("export_labels", "labels of a study in the format of another tool"),
    "export-model": ("export_model", "a pose network as ONNX, compared on your own crops"),
    "verify-weights": ("verify", "look at a released checkpoint before using it"),
    "completion": ("completion", "what bash or zsh needs to complete commands and options"),
    "doctor": ("doctor", "look whether this machine, folder and cluster can run a study"),
}
OF_JOBS = ("run", "plan", "doctor")  # where numbers of threads must be right
PASSES_ON = ("run",)  # to another program, what stands after --


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 after a mistake that was told in one sentence."""
    open_closed_streams()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return run_command(arguments)
    except (ImportError, MemoryError) as error:
        why = short_of_memory(error)
        if not why and isinstance(error, ImportError):
            why = foreign_package(error)
        if not why:
            raise
        complain(f"{next(iter(arguments), 'superanimal')}: {why}")
        return 1


def run_command(arguments: Sequence[str]) -> int:
    """The same; what libraries cannot load is raised."""
    unread = settle_threads()  # before a command's module loads what reads them
    typed, rest = split_rest(arguments)
    parser = parser_of(typed)
    before = [*takewhile(lambda word: word.startswith("-"), typed)]
    if before and len(before) < len(typed) and not {"-h", "--help"} & {*before}:
        hint = "; options stand behind the command"
        parser.error(f"unrecognized arguments: {' '.join(before)}{hint}")
    if typed and not typed[0].startswith("-") and typed[0] not in COMMANDS:
        from superanimal_core.pose.keypoints import did_you_mean  # loads numpy

        hint = did_you_mean(typed[0], [*COMMANDS])
        parser.error(f"'{typed[0]}' is no command{hint} There are {', '.join(COMMANDS)}")
    options, unknown = parser.parse_known_args(typed)
    options.rest = rest
    if unknown:
        hint = hint_of(options.command, unknown)
        if options.command in PASSES_ON:
            of_run = command_module(options.command).hint_of(options, unknown)
            hint = hint or of_run or "; Snakemake's own stand after --"
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    options.words = words_of_commands() if options.command == "completion" else {}
    try:
        refuse_gone_folder()
        if unread and options.command in OF_JOBS:
            raise SuperAnimalError(unread)
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has seen enough: `… | head`
        leave_stdout()
        return 1
    except VideoError as error:
        complain(f"{options.command}: {error.reason}")
        return 1
    except PermissionError as error:
        why = refused(error, getattr(options, "study", None) or "")
        complain(f"{options.command}: {why}")
        return 1
    except SuperAnimalError as error:
        complain(f"{options.command}: {told(error)}")
        return 1
    except OSError as error:
        if not is_full_disk(error):
            raise
        leave_stdout()
        complain(f"{options.command}: {told_full(error, getattr(options, 'study', None) or '.')}")
        return 1
    return 0


def told(error: SuperAnimalError) -> str:
    """A mistake in its sentence; several below a line that counts them."""
    count = len(error.mistakes) if isinstance(error, ConfigError) else 1
    return f"{count} to mend before anything runs:\n{error}" if count > 1 else str(error)


def split_rest(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is for a command itself, and what stands after -- where that goes to another program."""
    typed = list(arguments)
    if typed[:1] and typed[0] in PASSES_ON and "--" in typed:
        at = typed.index("--")
        return typed[:at], typed[at + 1 :]
    return typed, []


def parser_of(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of a command line. Only the module of its command is imported: some take long."""
    layout: dict[str, Any] = {"formatter_class": _AsWritten, "allow_abbrev": False}
    parser = argparse.ArgumentParser(prog="superanimal", description=__doc__, **layout)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, summary) in COMMANDS.items():
        if name == next(iter(arguments), None):
            command = command_module(name)
            own = commands.add_parser(name, help=summary, description=command.__doc__, **layout)
            command.add_arguments(own)
            own.set_defaults(run=command.run)
        else:
            commands.add_parser(name, help=summary)
    return parser


def words_of_commands() -> dict[str, list[str]]:
    """Every command with its options, and what an argument that has choices may be."""
    words = {}
    for name in COMMANDS:
        actions = arguments_of(name)
        chosen = [str(word) for action in actions for word in action.choices or ()]
        words[name] = [*(word for action in actions for word in action.option_strings), *chosen]
    return words


def hint_of(command: str, unknown: Sequence[str]) -> str:
    """Which options of a command begin as unknown ones do; '' where none does."""
    begun = tuple(word.partition("=")[0] for word in unknown if word[:2] == "--" != word)
    options = [word for action in arguments_of(command) for word in action.option_strings]
    meant = [word for word in options if word.startswith(begun)]
    return f"; did you mean {' or '.join(meant)}?" if meant else ""


def arguments_of(command: str) -> Sequence[argparse.Action]:
    """The arguments that a command takes."""
    parser = argparse.ArgumentParser()
    command_module(command).add_arguments(parser)
    return parser._actions


def command_module(name: str) -> Any:
    """The module of a command: its docstring is the help, `add_arguments` and `run` the rest."""
    return import_module(f"superanimal_core.commands.{COMMANDS[name][0]}")


class _AsWritten(argparse.RawDescriptionHelpFormatter):
    """Help as the docstrings lay it out, with room for the names of commands and options."""

    def __init__(self, prog: str):
        super().__init__(prog, max_help_position=26)
        self._action_max_length = 18  # argparse forgets that commands are indented twice


if __name__ == "__main__":
    sys.exit(main())
