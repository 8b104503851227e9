"""Kills random processes of a run at random times, again and again: the tables stay the same.

    python benchmarks/chaos.py [--quick] [--slurm] [--kills N] [--seed S] [--videos N]

Every process that works in the study's folder may be hit by SIGKILL: the main Snakemake, those that
run inside Slurm jobs, scripts, and with `--slurm` (the virtual cluster of tests/slurm, with its
profile) squeue, sbatch and Slurm's own slurmstepd. A killed job is tried again by the run. After a
killed main process the next run is started at once; when it is refused, the command that it names
is obeyed, as a user would. When a study is done and kills are left, its results are thrown away. In
the end the content of the tables must be that of a run that nobody disturbed, without the record of
what made them.
"""

import argparse
import contextlib
import hashlib
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / each) for each in ("workflow", "slurm"))]

import cluster  # noqa: E402 -- found by the line above
from tiny_study import add_videos, change_setting, write_tiny_study  # noqa: E402

KILLS, QUICK_KILLS, VIDEOS = 50, 3, 3
PAUSE_S = (0.5, 8.0)
RETRIES = 50  # a killed job is no fault of its video
# a job that outlived the last run has just failed, and Snakemake removed what it had made
CHANGED = "concurrent process has deleted it while Snakemake was running"
PATIENCE_S = 60.0  # for processes of a killed run to end
TABLES = ("poses", "strides", "gait", "features", "bouts", "quality")
MAIN = "main Snakemake"
# the second where the run was killed before it had written down whose it was
ADVICE = re.compile(
    r"(?:To go on|no run of this study is left): (snakemake --unlock -s \S+ -d \S+)"
)


def main() -> None:
    """Print how many processes were killed and whether the tables are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_KILLS} kills")
    parser.add_argument("--slurm", action="store_true", help="on a virtual cluster")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--videos", type=int, default=VIDEOS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kills = QUICK_KILLS if options.quick else options.kills
    with tempfile.TemporaryDirectory() as folder, place(options.slurm, Path(folder)) as arguments:
        chaos = Chaos(Path(folder) / "study", arguments, random.Random(options.seed))
        write_study(chaos.study, options.videos)
        chaos.go_on()
        undisturbed = digests(chaos.study)
        chaos.disturb(kills)
        disturbed = digests(chaos.study)
        left = [p.name for p in chaos.study.glob("results/**/.*") if "snakemake" not in p.name]
    where = "on Slurm" if options.slurm else "on this machine"
    print(f"{chaos.killed.total()} kills {where}, {chaos.starts} starts, seed {options.seed}:")
    for name, count in chaos.killed.most_common():
        print(f"  {count:4} {name}")
    print(f"locks found and removed as told: {chaos.unlocked}")
    print(f"starts given up because a job of the last run changed files just then: {chaos.changed}")
    print(f"hidden files left behind by killed writers: {len(left)}")
    different = [name for name in TABLES if undisturbed[name] != disturbed[name]]
    print(f"tables that differ: {', '.join(different) or 'none'} of {len(TABLES)}")
    sys.exit(bool(different))


@contextlib.contextmanager
def place(is_slurm: bool, folder: Path) -> Iterator[list[str]]:
    """Where jobs run: Snakemake's arguments."""
    if not is_slurm:
        yield ["--cores", "2"]
        return
    if why_not := cluster.missing():
        sys.exit(f"no Slurm can be started here: {why_not}")
    try:
        cluster.start(folder / "cluster")
        yield ["--profile", str(ROOT / "profiles/slurm-test")]
    finally:
        cluster.stop(folder / "cluster")


def write_study(study: Path, videos: int) -> None:
    """A tiny study of some videos that are one file."""
    write_tiny_study(study)
    names = [f"v{number}" for number in range(videos - 1)]
    for name in names:
        os.link(study / "raw/mouse.mp4", study / f"raw/{name}.mp4")
    add_videos(study, *names)
    change_setting(study, "report.labeled_videos", [])


@dataclass
class Chaos:
    """Runs on a study, and what became of them."""

    study: Path
    arguments: list[str]
    draw: random.Random
    killed: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    unlocked: int = 0
    changed: int = 0

    def disturb(self, kills: int) -> None:
        """Make the results again and again until so many processes are killed."""
        while self.killed.total() < kills:
            self.throw_away()
            self.go_on(kills)

    def throw_away(self) -> None:
        """Everything that was made from the videos, and a member of the model."""
        until = time.monotonic() + PATIENCE_S
        while outliving := self.processes():
            if time.monotonic() > until:
                sys.exit(f"{PATIENCE_S:.0f} s after the end of a run there are {outliving}")
            time.sleep(0.2)
        for name in ("videos", "tables", "report", "models/mouse/member-0"):
            shutil.rmtree(self.study / "results" / name, ignore_errors=True)

    def go_on(self, kills: int = 0) -> None:
        """Start runs until one ends well; kill in them until so many processes are killed."""
        while True:
            log = self.study.with_name(f"run-{self.starts}.log")
            run = self.start(log)
            self.kill_some(run, kills)
            status = run.wait()
            if status == 0:
                return
            if status > 0 and CHANGED in log.read_text():
                self.changed += 1
            elif status > 0:
                self.unlock(log.read_text())

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """A run in a process group of its own."""
        self.starts += 1
        command = [sys.executable, "-P", "-m", "snakemake", "-s", str(ROOT / "Snakefile")]
        command += ["-d", str(self.study), "--retries", str(RETRIES), *self.arguments]
        with log.open("wb") as told:
            return subprocess.Popen(
                command,
                env=environment(),
                cwd=self.study,
                stdout=told,
                stderr=told,
                start_new_session=True,
            )

    def kill_some(self, run: subprocess.Popen[bytes], kills: int) -> None:
        """Kill processes until the main one has ended, or there have been enough."""
        while self.killed.total() < kills:
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(self.draw.uniform(*PAUSE_S))
                return
            processes = self.processes() | {run.pid: MAIN}
            victim = self.draw.choice(sorted(processes))
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                self.killed[processes[victim]] += 1
                print(f"{self.killed.total():4} {processes[victim]}", file=sys.stderr, flush=True)

    def processes(self) -> dict[int, str]:
        """Processes that work in the study's folder, and Slurm's helpers of its jobs."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes().decode(errors="replace")
                is_own = (process / "cwd").resolve() == self.study.resolve()
                is_step = "--profile" in self.arguments and line.startswith("slurmstepd")
                if line and (is_own or is_step):
                    found[int(process.name)] = _name(line)
        return found

    def unlock(self, told: str) -> None:
        """Obey a refused run's advice; ends this process when it failed for another reason."""
        advice = ADVICE.search(told)
        if advice is None:
            sys.exit(f"a run failed:\n{told[-6000:]}")
        command = [sys.executable, "-P", "-m", *shlex.split(advice[1])]
        done = subprocess.run(
            command, env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"the lock cannot be removed as told:\n{done.stdout}{done.stderr}")
        self.unlocked += 1


def environment() -> dict[str, str]:
    """Of runs: this package, one thread."""
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def _name(line: str) -> str:
    """`…/scripts/.snakemake.xyz.predict_poses.py` -> script predict_poses."""
    words = line.strip("\0").split("\0")
    scripts = re.findall(r"([a-z_]+)\.py\b", words[-1])
    if scripts:
        return f"script {scripts[-1]}"
    return "Snakemake of a job" if "snakemake" in line else Path(words[0]).name.split(":")[0]


def digests(study: Path) -> dict[str, str]:
    """Digest of every cohort table's content; its metadata hold digests of files, and times."""
    return {name: digest(study / f"results/tables/{name}.parquet") for name in TABLES}


def digest(table: Path) -> str:
    """Of the values of all columns, as they are printed."""
    columns = pq.read_table(table).to_pydict()
    return hashlib.sha256(repr(sorted(columns.items())).encode()).hexdigest()


if __name__ == "__main__":
    main()
