"""Commands for people who use a part of the library without the workflow.

python -m superanimal_core smooth --help
python -m superanimal_core export-labels --help
python -m superanimal_core doctor --help
"""

import argparse
import sys
from collections.abc import Sequence

from superanimal_core.commands import doctor, export_labels, smooth, verify
from superanimal_core.errors import SuperAnimalError, VideoError

COMMANDS = {
    "smooth": (smooth, "smooth existing predictions of one or several networks"),
    "export-labels": (export_labels, "labels of a study in the format of another tool"),
    "verify-weights": (verify, "look at a released checkpoint before using it"),
    "doctor": (doctor, "look whether this machine, folder and cluster can run a study"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 after a mistake that was told in one sentence."""
    parser = argparse.ArgumentParser(prog="python -m superanimal_core", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (command, summary) in COMMANDS.items():
        own = commands.add_parser(
            name,
            help=summary,
            description=command.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(own)
        own.set_defaults(run=command.run)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except VideoError as error:
        print(f"{options.command}: {error.reason}", file=sys.stderr)
        return 1
    except SuperAnimalError as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
