"""Which video a table of poses belongs to: the one that it names, never another.

DeepLabCut names a table `<video><scorer>.csv` and writes the scorer into it, with `_filtered`,
`_el`, … behind; SLEAP names an export `<project>.000_<video>.analysis.h5` and writes `video_path`
into it. Other programs use the video's name, maybe with a word behind that says what a table is.
A table whose name says only that (`tracks.csv`) belongs to the only video beside it.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from superanimal_core.datasets.folder import (
    DatasetFolder,
    Written,
    ends_of,
    joined,
    locate,
    parent,
)
from superanimal_core.errors import DatasetError

_SCORER = re.compile(r"_?superanimal_|DLC|DeepCut")  # how the names of DeepLabCut's networks begin
_WORDS = (
    "filtered|el|bx|sk|analysis|predictions?|preds?|poses?|tracks?|tracking|tracklets|keypoints"
    "|labels?|labeled|annotations?|dlc|sleap|results?|data"
)
_WORD_BEHIND = re.compile(rf"(^|[_. -])({_WORDS})$", re.IGNORECASE)
_SLEAP_EXPORT = re.compile(r"^.+\.[0-9]{3,}_(?P<video>.+)$")


def stem_of(name: str) -> str:
    """File name without folders and suffix, letters composed: `v1/top.analysis.h5` -> top.analysis.

    Composed, since macOS writes ä as two characters.
    """
    return unicodedata.normalize("NFC", name.rsplit("/", 1)[-1].rsplit(".", 1)[0])


def stems_named(table: str, scorers: Sequence[str] = ()) -> list[str]:
    """The stems that the video of a table may have by the table's name, the longest first.

    `m1DLC_net_filtered.csv`: m1DLC_net_filtered, m1DLC_net, m1. `scorers` are those in the table;
    they tell where DeepLabCut's part of a name begins. `tracks.csv`: tracks alone.
    """
    stem = stem_of(table)
    bare = _without_words(stem)
    export = _SLEAP_EXPORT.match(bare)
    starts = [bare.rfind(scorer) for scorer in scorers if _SCORER.match(scorer)]
    match = _SCORER.search(bare)
    starts = [start for start in starts if start > 0] or ([match.start()] if match else [])
    found = [stem, bare, *([export["video"]] if export else []), *(bare[:s] for s in starts)]
    return list(dict.fromkeys(filter(None, found)))


def _without_words(stem: str) -> str:
    """`m1_filtered` -> m1; `tracks` -> nothing."""
    while match := _WORD_BEHIND.search(stem):
        stem = stem[: match.start()]
    return stem


def videos_of_tables(
    folder: DatasetFolder,
    stems: Mapping[str, Sequence[str]],
    written: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Table -> its video. `stems` are those that the table's name names (`stems_named`), `written`
    is the path of the video as the table itself has it, where it has one.

    Such a path counts, and then the name does not. A video beside the table comes before others.
    DatasetError when the video is missing, when two have its name, or when two written paths lead
    to one video.
    """
    paths = {table: path for table, path in (written or {}).items() if ends_of(path)}
    wanted: dict[Written, list[str]] = {
        (table, path): [joined(parent(table), end) for end in ends_of(path)]
        for table, path in paths.items()
    }
    found = locate(folder, wanted, folder.where(""))
    by_path = {table: video for (table, _), video in found.items() if video is not None}
    return {table: by_path.get(table) or _by_name(folder, table, own, paths.get(table, ""))
            for table, own in stems.items()}  # fmt: skip


def _by_name(folder: DatasetFolder, table: str, named: Sequence[str], written: str) -> str:
    """The video that has one of the stems that the table names, or that of its written path."""
    others = [name for name in folder.files("*") if name != table]
    beside = [name for name in others if parent(name) == parent(table)]
    stems = [stem_of(ends_of(written)[-1])] if written else named
    for place in (beside, others):
        for stem in stems:
            fits = [n for n in place if stem_of(n) == stem and folder.is_video(n)]
            if len(fits) > 1:
                raise DatasetError(
                    f"{folder.where(table)}: the videos {fits[0]} and {fits[1]} both have its "
                    "name; keep one"
                )
            if fits:
                return fits[0]
    if not written and not _without_words(stem_of(table)):
        only = [name for name in beside if folder.is_video(name)]
        if len(only) == 1:
            return only[0]
        what = f"{len(only)} videos beside it, and its name names none of them"
    else:
        what = f"its video '{written or named[-1]}' is not there"
    raise DatasetError(
        f"{folder.where(table)}: {what}; put the video beside the table, under that name, or name "
        "the table after its video"
    )
