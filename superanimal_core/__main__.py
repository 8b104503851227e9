"""Commands for people who use a part of the library without the workflow.

python -m superanimal_core smooth --help
python -m superanimal_core export-labels --help
python -m superanimal_core doctor --help
"""

import argparse
import sys
from collections.abc import Sequence

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.files import doctor_command, export_labels, smooth_command, verify_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 after a mistake that was told in one sentence."""
    parser = argparse.ArgumentParser(prog="python -m superanimal_core", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    smooth = commands.add_parser(
        "smooth",
        help="smooth existing predictions of one or several networks",
        description=smooth_command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    smooth_command.add_arguments(smooth)
    smooth.set_defaults(run=smooth_command.run)
    export = commands.add_parser(
        "export-labels",
        help="labels of a study in the format of another tool",
        description=export_labels.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export_labels.add_arguments(export)
    export.set_defaults(run=export_labels.run)
    verify = commands.add_parser(
        "verify-weights",
        help="look at a released checkpoint before using it",
        description=verify_command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verify_command.add_arguments(verify)
    verify.set_defaults(run=verify_command.run)
    doctor = commands.add_parser(
        "doctor",
        help="look whether this machine, folder and cluster can run a study",
        description=doctor_command.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doctor_command.add_arguments(doctor)
    doctor.set_defaults(run=doctor_command.run)
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
