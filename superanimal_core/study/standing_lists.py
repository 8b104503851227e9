"""Lists of videos that stand: once a list is written, new videos of the sheet are not in it.

What learns from many videos would learn anew with each row that the sheet gains, since Snakemake
runs again what has another set of inputs. So the names are written down, one a line, and when the
graph is built a list that is there counts instead of the sheet. Who deletes it asks for a new one.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from superanimal_core.formats.documents import read_text


def standing_videos(
    path: str, fitting: Sequence[str], most: int, is_there: Callable[[str], bool]
) -> list[str]:
    """The videos of the list at `path`, as far as they are there; until it is written, its content.

    Which is at most so many of those that fit, evenly over the sheet.
    """
    written = Path(path)
    if written.is_file():
        return [video for video in read_text(written).split() if is_there(video)]
    count = min(most, len(fitting))
    return [fitting[place * len(fitting) // count] for place in range(count)]
