"""A study that was copied without its files' dates goes on where it was.

Among results, Snakemake asks the dates which is older, and a plain copy (`cp -r`, a zip file, a
download) gives every file a date of its own. Snakemake's metadata hold the date that each result
had. A mark, a file of a date that no clock gives, tells whether dates were kept: where it has
another one, the results get theirs back. Where results alone were brought back without dates, they
may be those of an earlier run: nothing is done, and it is told.
"""

import json
import os
import shlex
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from superanimal_core.study.effective_settings import EFFECTIVE

MARK = Path(".snakemake/superanimal-dates")
MARKED_NS = 1_000_000_000_000_000_000  # 2001-09-09
METADATA = Path(".snakemake/metadata")
BENCHMARKS = Path("benchmarks")
RESULTS = Path("results")
ENOUGH = 1000  # results that tell whether Snakemake knows them
OF_FOLDER = ".snakemake_timestamp"  # where Snakemake keeps the date of a folder
LOOKED_AT = 200  # results, evenly chosen, that tell whether results lost their dates
FEWEST = 10  # that can tell it
SAME_S = 2.0  # as exact as the least exact file systems keep dates
SAID = "The date of this file tells whether this study was copied without dates.\n"
UNKNOWN = (
    "results/ is there, but not what Snakemake knows of it (.snakemake), without which changed "
    "inputs and settings are not noticed: copy that folder, too. Or, to take the results as those "
    "of the study as it is now"
)
OTHER_DATES = (
    "{changed} of {known} results looked at have other dates than when they were made, as files "
    "have that are brought back without dates; what is older than its inputs would be made again. "
    "If they are those of the last run, `touch {mark}`: the next run gives them their dates back. "
    "Or, to take the results as those of the study as it is now"
)


def keep_dates(study: Path) -> str:
    """Give the results of a study their dates back where a copy lost them; mark the study.

    A sentence of what was done, or of what the user can do; '' where dates were kept.
    """
    if why := doubt_of_dates(study):
        return f"{why}, add --touch --forceall once.\n"  # not marked: said until it is mended
    mark = study / MARK
    if _is_marked(study):
        return ""
    said = _give_dates_back(study) if mark.exists() else ""
    with suppress(OSError):  # a full disk, a folder of somebody else: asked again the next time
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(SAID, encoding="utf-8")
        os.utime(mark, ns=(MARKED_NS, MARKED_NS))
    return said


def doubt_of_dates(study: Path) -> str:
    """Why dates do not tell what is to be made again; '' where they do, or will."""
    return _other_dates(study) if _is_marked(study) else _unknown(study)


def _unknown(study: Path) -> str:
    """What to do where most results are such that Snakemake knows nothing of them; '' else.

    Of the first that are found: of some it may know, as of those that a run made meanwhile.
    """
    recorded = {name for name, _ in _recorded(study, _records(study))}
    found = [*islice(_results(study), ENOUGH)]
    known = sum(any(str(at) in recorded for at in (path, *path.parents)) for path in found)
    return UNKNOWN if known < len(found) / 2 else ""


def _results(study: Path) -> Iterator[Path]:
    """Files of results, from the study on; not what every start writes, nor what is hidden."""
    for folder, below, files in os.walk(study / RESULTS, followlinks=True):
        below[:] = [name for name in below if not name.startswith(".")]
        for file in files:
            path = (Path(folder) / file).relative_to(study)
            if path != EFFECTIVE and not file.startswith("."):
                yield path


def _is_marked(study: Path) -> bool:
    mark = study / MARK
    return mark.exists() and mark.stat().st_mtime_ns == MARKED_NS


def _other_dates(study: Path) -> str:
    """What to do where most results have not the date that Snakemake knows; '' where they have."""
    records = sorted(_records(study))
    known, changed = 0, 0
    for name, date_ns in _recorded(study, records[:: len(records) // LOOKED_AT + 1]):
        with suppress(OSError):
            changed += abs(_dated(study / name).stat().st_mtime_ns - date_ns) > SAME_S * 1e9
            known += 1
    if known < FEWEST or changed <= known / 2:
        return ""
    mark = shlex.quote(str(study / MARK))
    return OTHER_DATES.format(changed=changed, known=known, mark=mark)


def _give_dates_back(study: Path) -> str:
    """Their dates to all results that are there; what was done, in a sentence."""
    restored, refused = 0, 0
    for name, date_ns in _recorded(study, _records(study)):
        try:
            restored += _restore(study / name, date_ns)
        except OSError:
            refused += 1
    for path in (study / BENCHMARKS).rglob("*.tsv"):
        with suppress(OSError):
            os.utime(path)  # an output, too: an old one would count as older than all inputs
    said = f"This study was copied without dates: {restored} results have theirs back.\n"
    if refused:
        said += (
            f"{refused} more may not be changed here and may be made again: run as the owner of "
            "the files, or copy the study to a folder of your own.\n"
        )
    return said


def _records(study: Path) -> list[Path]:
    """The files of metadata, each of a result."""
    return [Path(folder, file) for folder, _, files in os.walk(study / METADATA) for file in files]


def _recorded(study: Path, records: Sequence[Path]) -> Iterator[tuple[str, int]]:
    """The results that these records are of, and the date of each (ns)."""
    for path in records:
        parts = path.relative_to(study / METADATA).parts
        try:
            name = urlsafe_b64decode("".join(part.removeprefix("@") for part in parts)).decode()
            record = json.loads(path.read_text(encoding="utf-8"))
            yield name, round(record["endtime"] * 1e9)
        except (ValueError, KeyError, TypeError, OSError):
            continue  # no record of a result


def _dated(result: Path) -> Path:
    """The file whose date is the result's."""
    inside = result / OF_FOLDER
    return inside if inside.exists() else result


def _restore(result: Path, date_ns: int) -> bool:
    target = _dated(result)
    if not target.exists():
        return False
    os.utime(target, ns=(date_ns, date_ns))
    return True
