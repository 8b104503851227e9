"""A study that was copied without its files' dates goes on where it was.

Among results, Snakemake asks the dates which is older, and a plain copy (`cp -r`, a zip file, a
download) gives every file a date of its own. Snakemake's metadata hold the date that each result
had. A mark, a file of a date that no clock gives, tells whether dates were kept: where it has
another one, the results get theirs back. Standard library only: the Snakefile uses it.
"""

import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = Path(".snakemake/superanimal-dates")
MARKED_NS = 1_000_000_000_000_000_000  # 2001-09-09
METADATA = Path(".snakemake/metadata")
BENCHMARKS = Path("benchmarks")
OF_FOLDER = ".snakemake_timestamp"  # where Snakemake keeps the date of a folder
SAID = "The date of this file tells whether this study was copied without dates.\n"
UNKNOWN = (
    "results/ is there, but not what Snakemake knows of it (.snakemake), without which changed "
    "inputs and settings are not noticed: copy that folder, too. Or, to take the results as those "
    "of the study as it is now"
)


def keep_dates(study: Path) -> str:
    """Give the results of a study their dates back where a copy lost them; mark the study.

    A sentence of what was done, or of what the user can do; '' where dates were kept.
    """
    mark = study / MARK
    if mark.exists() and mark.stat().st_mtime_ns == MARKED_NS:
        return ""
    is_copy, said = mark.exists(), ""
    if is_copy:
        said = _give_dates_back(study)
    elif has_unknown_results(study):
        return f"{UNKNOWN}, add --touch --forceall once.\n"  # not marked: said until it is mended
    with suppress(OSError):  # a full disk, a folder of somebody else: asked again the next time
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(SAID, encoding="utf-8")
        os.utime(mark, ns=(MARKED_NS, MARKED_NS))
    return said


def has_unknown_results(study: Path) -> bool:
    """Whether there are results, and nothing of what Snakemake knows of them."""
    if (study / MARK).exists() or any(_recorded(study)):
        return False
    return any(files for _, _, files in os.walk(study / "results"))


def _give_dates_back(study: Path) -> str:
    """Their dates to all results that are there; what was done, in a sentence."""
    restored, refused = 0, 0
    for name, date_ns in _recorded(study):
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


def _recorded(study: Path) -> Iterator[tuple[str, int]]:
    """Every result that Snakemake has metadata of, and its date (ns)."""
    for folder, _, files in os.walk(study / METADATA):
        parts = Path(folder).relative_to(study / METADATA).parts
        above = "".join(part.removeprefix("@") for part in parts)
        for file in files:
            try:
                name = urlsafe_b64decode(above + file).decode()
                record = json.loads(Path(folder, file).read_text(encoding="utf-8"))
                yield name, round(record["endtime"] * 1e9)
            except (ValueError, KeyError, TypeError, OSError):
                continue  # no record of a result


def _restore(result: Path, date_ns: int) -> bool:
    inside = result / OF_FOLDER
    target = inside if inside.exists() else result
    if not target.exists():
        return False
    os.utime(target, ns=(date_ns, date_ns))
    return True
