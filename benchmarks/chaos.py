"""Kills a random process of a run at a random time, again and again, until the study is done.

    python benchmarks/chaos.py [--quick] [--kills N] [--seed S] [--videos N]

After each kill of the main process the lock is taken away and the run started again; a killed job
is tried again by the run itself (`--retries`). When a study is done and kills are left, its videos'
results are thrown away and it goes on. In the end the tables must be those of a run that nobody
disturbed: the digest of their content, without the record of what made them.
"""

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "workflow")]

from tiny_study import add_videos, change_setting, write_tiny_study  # noqa: E402 -- found by the line above

KILLS, QUICK_KILLS, VIDEOS = 50, 3, 3
PAUSE_S = (0.5, 12.0)
RETRIES = 50  # a killed job is no fault of its video
TABLES = ("poses", "strides", "gait", "features", "bouts", "quality")
MAIN = "main process"


def main() -> None:
    """Print how many processes were killed and whether the tables are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_KILLS} kills")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--videos", type=int, default=VIDEOS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kills = QUICK_KILLS if options.quick else options.kills
    with tempfile.TemporaryDirectory() as folder:
        study = write_study(Path(folder) / "study", options.videos)
        finish(study)
        undisturbed = digests(study)
        killed, starts = disturb(study, kills, random.Random(options.seed))
        finish(study)
        disturbed = digests(study)
        left = [p.name for p in study.glob("results/**/.*")]
    print(f"{sum(killed.values())} kills in {starts} starts, seed {options.seed}:")
    for name, count in killed.most_common():
        print(f"  {count:4} {name}")
    print(f"hidden files left behind: {len(left)}")
    different = [name for name in TABLES if undisturbed[name] != disturbed[name]]
    print(f"tables that differ: {', '.join(different) or 'none'} of {len(TABLES)}")
    sys.exit(bool(different))


def write_study(study: Path, videos: int) -> Path:
    """A tiny study of some videos that are one file."""
    write_tiny_study(study)
    names = [f"v{number}" for number in range(videos - 1)]
    for name in names:
        os.link(study / "raw/mouse.mp4", study / f"raw/{name}.mp4")
    add_videos(study, *names)
    change_setting(study, "report.labeled_videos", [])
    return study


def command(study: Path, *arguments: str) -> list[str]:
    """Snakemake on a study, two jobs at once."""
    snakemake = [sys.executable, "-P", "-m", "snakemake", "-s", str(ROOT / "Snakefile")]
    return [*snakemake, "-d", str(study), "--cores", "2", "--quiet", "all", *arguments]


def start(study: Path) -> subprocess.Popen[bytes]:
    """A run in a process group of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    log = (study / "chaos.log").open("ab")
    return subprocess.Popen(
        command(study, "--retries", str(RETRIES)),
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )


def finish(study: Path) -> None:
    """A run to its end; ends this process when it fails."""
    if start(study).wait() != 0:
        sys.exit((study / "chaos.log").read_text()[-4000:])


def disturb(study: Path, kills: int, draw: random.Random) -> tuple[Counter[str], int]:
    """Kill so many processes of runs on a study. Names of the killed, and how many runs started."""
    killed: Counter[str] = Counter()
    starts = 0
    while sum(killed.values()) < kills:
        throw_away(study)
        is_done = False
        while not is_done and sum(killed.values()) < kills:
            run = start(study)
            starts += 1
            is_done = kill_some(run, killed, kills, draw)
            unlock(study)
    return killed, starts


def throw_away(study: Path) -> None:
    """Everything that was made from the videos, and a member of the model."""
    for name in ("videos", "tables", "report", "models/mouse/member-0"):
        shutil.rmtree(study / "results" / name, ignore_errors=True)


def kill_some(
    run: subprocess.Popen[bytes], killed: Counter[str], kills: int, draw: random.Random
) -> bool:
    """Kill processes of a run until it ends by itself (True when well), or its main one is hit."""
    while sum(killed.values()) < kills:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return run.wait(draw.uniform(*PAUSE_S)) == 0
        processes = dict(processes_of(run.pid))
        victim = draw.choice(sorted(processes)) if processes else run.pid
        name = MAIN if victim == run.pid else processes[victim]
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
            killed[name] += 1
        if victim == run.pid:
            run.wait()
            return False
    return run.wait() == 0


def processes_of(group: int) -> Iterator[tuple[int, str]]:
    """Processes of a group and what they are: a rule's script, or Snakemake."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if int(fields[2]) == group and fields[0] != "Z":
                yield int(folder.name), _name(words)


def _name(words: list[str]) -> str:
    """`…/scripts/.snakemake.xyz.predict_poses.py` -> predict_poses."""
    scripts = [Path(word).stem.split(".")[-1] for word in words if word.endswith(".py")]
    return f"job {scripts[-1]}" if scripts else "Snakemake of a job"


def unlock(study: Path) -> None:
    """Take the lock away, once nothing of the run is left (jobs may outlive a killed main one)."""
    told = subprocess.run(
        command(study, "--unlock"),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        sys.exit(f"the lock cannot be taken away:\n{told.stderr[-3000:]}")


def digests(study: Path) -> dict[str, str]:
    """Digest of every cohort table's content; its metadata hold digests of files, and times."""
    return {name: digest(study / f"results/tables/{name}.parquet") for name in TABLES}


def digest(table: Path) -> str:
    """Of the values of all columns, as they are printed."""
    columns = pq.read_table(table).to_pydict()
    return hashlib.sha256(repr(sorted(columns.items())).encode()).hexdigest()


if __name__ == "__main__":
    main()
