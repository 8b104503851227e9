"""What the study cost: hours, memory and disk, from what Snakemake measured of every job."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from superanimal_core.report.cells import ABSENT, Table, counted, number, told_size, told_time
from superanimal_core.tables.benchmark_files import FOLDER, read_benchmark

LOGS = Path("logs")
ON_GPU, TOLD = "computes on cuda", "computes on "  # what network.devices prints into the logs
ASKED = 20  # logs of a rule, of which none tells a device: then none of the others is read
LOG_END = 200_000  # bytes of a log that are looked through; the last run stands at its end
SHOWN_RESULTS = 15  # kinds of results whose size is told
NOT_COUNTED = "report"  # the page itself is being written
NUMBERED = ("member-",)


@dataclass(frozen=True)
class RuleUse:
    """What all jobs of a rule used, the last time that each of them ran.

    `clock_s` and `cpu_s` are sums (s), `gpu_s` the part of the clock with a graphics processor,
    `peak_mb` the most memory that one job had.
    """

    rule: str
    jobs: int
    clock_s: float
    cpu_s: float
    gpu_s: float
    peak_mb: float


def read_uses(study: Path) -> list[RuleUse]:
    """What was measured of the rules of a study, by its folders `benchmarks` and `logs`."""
    folders = sorted(path for path in (study / FOLDER).glob("*") if path.is_dir())
    uses = [_use_of(folder, study / LOGS / folder.name) for folder in folders]
    return [use for use in uses if use.jobs]


def _use_of(benchmarks: Path, logs: Path) -> RuleUse:
    jobs = clock_s = cpu_s = gpu_s = peak_mb = 0.0
    files = sorted(benchmarks.rglob("*.tsv"))
    log_of = {file: logs / file.relative_to(benchmarks).with_suffix(".log") for file in files}
    tells_device = any(_device_in(log_of[file]) for file in files[:ASKED])
    for file in files:
        rows = read_benchmark(file)
        jobs += len(rows)
        seconds = sum(row["s"] for row in rows)
        clock_s += seconds
        cpu_s += sum(row["cpu_time"] for row in rows)
        peak_mb = max([peak_mb, *(row["max_rss"] for row in rows)])
        if tells_device and ON_GPU in _device_in(log_of[file]):
            gpu_s += seconds
    return RuleUse(benchmarks.name, int(jobs), clock_s, cpu_s, gpu_s, peak_mb)


def _device_in(log: Path) -> str:
    """The last line of a log that tells the device; '' where none does."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_END))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if TOLD in line), "")


def read_sizes(results: Path) -> dict[str, tuple[int, int]]:
    """Files and bytes of every kind of result, as videos/*/poses.parquet; a file counts once.

    A file that stands under several names (hard links) counts where its own folder is.
    """
    sizes: dict[str, tuple[int, int]] = {}
    seen: set[int] = set()
    for path, about in sorted(_files(results), key=lambda one: one[0], reverse=True):
        if about.st_nlink > 1 and about.st_ino in seen:
            continue
        seen.add(about.st_ino)
        files, size = sizes.get(kind := kind_of(path), (0, 0))
        sizes[kind] = files + 1, size + about.st_size
    return {kind: size for kind, size in sizes.items() if kind.split("/")[0] != NOT_COUNTED}


def _files(folder: Path, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """Files below a folder, by their path in it; hidden ones, and what is being written, are not.

    What vanishes meanwhile (a job beside this one ends) is passed over.
    """
    with suppress(OSError):
        for entry in sorted(os.scandir(folder / below), key=lambda one: one.name):
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(folder, path)
            elif entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False)


def kind_of(path: str) -> str:
    """The kind of a result: videos/m1/adapted/member-0.parquet is videos/*/adapted."""
    parts = path.split("/")
    if len(parts) < 3:
        return path
    first, _, name = parts[:3]
    numbered = next((start for start in NUMBERED if name.startswith(start)), None)
    return f"{first}/*/{numbered}*" if numbered else f"{first}/*/{name}"


def resources(
    uses: Sequence[RuleUse], sizes: Mapping[str, tuple[int, int]]
) -> dict[str, object] | None:
    """A sentence and two tables, the dearest first; None where nothing was measured."""
    if not uses:
        return None
    return {
        "sentence": sum_sentence(uses, sizes),
        "rules": rule_table(uses),
        "sizes": size_table(sizes),
    }


def sum_sentence(uses: Sequence[RuleUse], sizes: Mapping[str, tuple[int, int]]) -> str:
    """All in one sentence."""
    gpu_s = sum(use.gpu_s for use in uses)
    clock_s = sum(use.clock_s for use in uses)
    largest = max(uses, key=lambda use: use.peak_mb)
    return (
        f"{counted(sum(use.jobs for use in uses), 'job')} took "
        f"{told_time(sum(use.cpu_s for use in uses))} of processors"
        + (f" and {told_time(gpu_s)} with a graphics processor" if gpu_s else "")
        + f" ({told_time(clock_s)} by the clock, one after the other), at most "
        f"{told_size(largest.peak_mb * 1e6)} of memory at once ({largest.rule}), and "
        f"{told_size(sum(size for _, size in sizes.values()))} of disk."
    )


def rule_table(uses: Sequence[RuleUse]) -> Table:
    """A row per rule, the dearest first."""
    ordered = sorted(uses, key=lambda use: (-use.cpu_s, use.rule))
    rows = [
        (
            use.rule,
            number(use.jobs, 0),
            told_time(use.clock_s),
            told_time(use.cpu_s),
            told_time(use.gpu_s) if use.gpu_s else ABSENT,
            told_time(use.cpu_s / use.jobs),
            told_size(use.peak_mb * 1e6),
        )
        for use in ordered
    ]
    columns = (
        ("rule", ""),
        ("jobs", ""),
        ("time", "by the clock, all jobs"),
        ("processors", "all jobs"),
        ("graphics processor", "all jobs"),
        ("processors", "a job"),
        ("memory", "most of a job"),
    )
    return Table(columns, rows, words=("rule",))


def size_table(sizes: Mapping[str, tuple[int, int]]) -> Table:
    """A row per kind of result, the largest first; the smallest ones together."""
    ordered = sorted(sizes.items(), key=lambda one: (-one[1][1], one[0]))
    shown = ordered if len(ordered) <= SHOWN_RESULTS else ordered[: SHOWN_RESULTS - 1]
    rows = [(kind, number(files, 0), told_size(size)) for kind, (files, size) in shown]
    rest = [size for _, size in ordered[len(shown) :]]
    if rest:
        files, size = (sum(each) for each in zip(*rest, strict=True))
        rows.append((f"{len(rest)} other kinds", number(files, 0), told_size(size)))
    return Table((("results/", ""), ("files", ""), ("disk", "")), rows, words=("results/",))
