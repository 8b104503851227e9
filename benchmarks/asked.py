"""How many videos a benchmark is asked for: --videos N, or the few of --quick."""

import argparse
from collections.abc import Sequence


def parser_of_videos(description: str | None, videos: int, few: int) -> argparse.ArgumentParser:
    """A parser with the two options; `videos` without any, `few` with --quick."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help=f"{few} videos")
    parser.add_argument("--videos", type=int, default=videos)
    parser.set_defaults(few=few)
    return parser


def options_in(
    parser: argparse.ArgumentParser, typed: Sequence[str] | None = None
) -> argparse.Namespace:
    """The options that were typed; `videos` is how many are meant."""
    options = parser.parse_args(typed)
    options.videos = options.few if options.quick else options.videos
    return options
