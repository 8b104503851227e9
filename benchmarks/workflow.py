"""Planning a study of thousands of videos: time and peak memory of Snakemake's main process.

    python benchmarks/workflow.py [--quick] [--videos N]

Each figure is a new process, `snakemake -n` with all rules and the default profile. `finished` is a
study whose outputs are there (empty) with the metadata that Snakemake itself writes after each job:
nothing may be planned. `one added` appends a row to its sheet. The first figure is cold: every
video and data set is read for what it holds; `again` takes that from the file of identities.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from asked import options_in, parser_of_videos

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "workflow")]

from tiny_study import write_tiny_study  # noqa: E402 -- found by the line above

VIDEOS, QUICK_VIDEOS = 5000, 100
LIMITS = {
    "planned": (60, 1.0),
    "again": (60, 1.0),
    "finished": (90, 1.0),
    "one added": (90, 1.0),
}  # s, GB
FINISH = ROOT / "benchmarks" / "peers" / "finish_study.py"


@dataclass(frozen=True)
class Run:
    """A child process: wall time (s), CPU time (s), peak memory (GB), what it said."""

    wall_s: float
    cpu_s: float
    peak_gb: float
    told: str


def main() -> None:
    """Print one line per figure."""
    videos = options_in(parser_of_videos(__doc__, VIDEOS, QUICK_VIDEOS)).videos
    with tempfile.TemporaryDirectory() as folder:
        study = write_study(Path(folder) / "study", videos)
        first = snakemake(study, "-n", "--quiet", "rules")
        show("planned", videos, first)
        show("again", videos, snakemake(study, "-n", "--quiet", "rules"))
        finish = run([sys.executable, str(FINISH), str(ROOT / "Snakefile"), str(study)])
        print(f"(outputs and metadata made in {finish.wall_s:.0f} s)")
        last = snakemake(study, "-n", "--quiet", "rules")
        if jobs(last):
            sys.exit(f"{jobs(last)} jobs are planned for a finished study:\n{last.told[-3000:]}")
        show("finished", videos, last)
        write_sheet(study, videos + 1)
        added = snakemake(study, "-n", "--quiet", "rules")
        show("one added", videos + 1, added)


def write_study(study: Path, videos: int) -> Path:
    """A tiny study of many videos that are one file."""
    write_tiny_study(study)
    for number in range(videos + 1):
        os.link(study / "raw/mouse.mp4", study / f"raw/{_name(number)}.mp4")
    config = study / "config/config.yaml"
    config.write_text(
        config.read_text().replace("labeled_videos:\n  - mouse", "labeled_videos: []")
    )
    write_sheet(study, videos)
    return study


def write_sheet(study: Path, videos: int) -> None:
    """The sheet of the first so many videos."""
    rows = [f"raw/{_name(number)}.mp4\t{_name(number)}\n" for number in range(videos)]
    (study / "config/videos.tsv").write_text("path\tvideo\n" + "".join(rows))


def snakemake(study: Path, *arguments: str) -> Run:
    """A run of Snakemake on a study."""
    command = [sys.executable, "-P", "-m", "snakemake", "-s", str(ROOT / "Snakefile")]
    return run([*command, "-d", str(study), "--cores", "1", *arguments])


def run(command: list[str]) -> Run:
    """A process and what it used; ends this one when it fails."""
    start_s = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen(command, env=environment, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start_s
        told.seek(0)
        text = told.read()
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    return Run(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9, text)


def jobs(dry_run: Run) -> int:
    """How many jobs a dry run plans."""
    total = re.search(r"^total +(\d+)", dry_run.told, re.M)
    return int(total[1]) if total else 0


def show(name: str, videos: int, used: Run) -> None:
    """One line, with the limits at 5,000 videos."""
    limit_s, limit_gb = LIMITS[name]
    figures = f"{used.wall_s:6.1f} s ({used.cpu_s:.1f} s of CPU), {used.peak_gb:.2f} GB"
    limits = f" limits {limit_s} s, {limit_gb} GB" if videos >= VIDEOS else ""
    print(f"{name:10} {videos} videos, {jobs(used)} jobs: {figures}{limits}", flush=True)


def _name(number: int) -> str:
    return f"v{number:05d}"


if __name__ == "__main__":
    main()
