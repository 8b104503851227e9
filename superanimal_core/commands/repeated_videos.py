"""Rows of the sheet of videos that are one video: a link, or a copy under another name."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping

from superanimal_core.commands.study_checks import DOUBT, Finding
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.study.video_sheet import is_stored
from superanimal_core.tables.contents import PICTURE_BYTES, content_digest


def repeated_videos(videos: Mapping[str, VideoRow]) -> Iterator[Finding]:
    """Of videos that one model reads in one arena: those whose file is that of an earlier row.

    Only files of one size are read, and of large ones only parts.
    """
    by_size = defaultdict[tuple[object, ...], dict[str, tuple[int, int]]](dict)
    for name, row in videos.items():
        try:
            about = None if is_stored(row.path) else os.stat(row.path)
        except OSError:
            continue  # told of the video itself
        if about and about.st_size:
            kind = (row.model, row.arena, about.st_size)
            by_size[kind][name] = (about.st_dev, about.st_ino)
    for files in by_size.values():
        digests = _digests({file: videos[name].path for name, file in files.items()})
        first: dict[str, str] = {}
        for name, file in files.items():
            other = first.setdefault(digests[file], name)
            if other != name:
                how = "one file" if files[other] == file else "copies of one file"
                told = (
                    f"{videos[name].path} and that of video '{other}', {videos[other].path}, are "
                    f"{how}: what it shows counts twice; remove one row"
                )
                yield Finding(DOUBT, f"video {name}", told)


def _digests(paths: Mapping[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """What tells files apart; a file alone is not read, and one that cannot be is like no other."""
    if len(paths) < 2:
        return dict.fromkeys(paths, "")
    found = {}
    for file, path in paths.items():
        try:
            found[file] = content_digest(path, PICTURE_BYTES)
        except OSError:
            found[file] = path
    return found
