"""Many short videos through the whole chain on a virtual Slurm cluster; what a video costs beside
its work.

    python benchmarks/cluster.py [--quick] [--videos N]

Three nodes with fake GPUs on this machine (tests/slurm/cluster.py), `snakemake --profile
profiles/slurm-test`, one of 20 files no video at all. The model is made before; the clock runs from
the start of Snakemake to its end. All good videos must be done, the broken ones be rows with
reasons, and the exit status must tell that there are more than allowed.

`direct`: the scripts of some of the same videos' jobs, with the same parameters, one after the
other in one process that has imported everything and run one video before. CPU seconds per video.
`in processes`: the same scripts, each in a new Python, as Snakemake starts them. The difference is
the fixed cost of a video. Ideal wall time: videos x CPU seconds per video / cores of this machine;
the cohort's tables and the report are not in it.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
from asked import options_in, parser_of_videos

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / each) for each in (".", "tests/workflow", "tests/slurm", "demo")]

import cluster  # noqa: E402 -- found by the line above
from drawn_study import write_synthetic_video  # noqa: E402
from tiny_study import change_setting, write_tiny_study, write_videos  # noqa: E402

from superanimal_core.synthetic.casting import mouse_video_scene  # noqa: E402

VIDEOS, QUICK_VIDEOS = 200, 20
KINDS, FRAMES, FPS = 5, 100, 50.0  # different videos, the others are links to them
BROKEN_EVERY = 20
LIMIT = 1.5
FRAMES_OF_5_MINUTES, CROPS_PER_S = 9000, 1500  # the aim of prediction on one GPU


def main() -> None:
    """Print wall time against the ideal, and the fixed cost of a video."""
    videos = options_in(parser_of_videos(__doc__, VIDEOS, QUICK_VIDEOS)).videos
    if why_not := cluster.missing():
        sys.exit(f"no Slurm can be started here: {why_not}")
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        write_study(study, videos)
        scripts = prepare(study)
        per_rule_direct = direct(scripts)
        per_rule_started = started(scripts)
        show_fixed_cost(per_rule_direct, per_rule_started)
        try:
            cluster.start(Path(folder) / "cluster")
            wall_s, cpu_s, status = through_cluster(study)
        finally:
            cluster.stop(Path(folder) / "cluster")
        mistakes = check(study, videos, status)
    good, cores = videos - videos // BROKEN_EVERY, len(os.sched_getaffinity(0))
    print(f"{videos} videos, {videos - good} of them broken: {wall_s:.0f} s, exit {status}")
    print(f"CPU seconds of the run's processes: {cpu_s:.0f} s, {cpu_s / good:.1f} s per good video")
    for name, cost in (("direct", per_rule_direct), ("in processes", per_rule_started)):
        ideal_s = good * sum(cost.values()) / cores
        print(f"ideal, {name}: {ideal_s:.0f} s; ratio {wall_s / ideal_s:.2f} (limit {LIMIT})")
    print("\n".join(mistakes) or "every good video is done, every broken one has its reason")
    sys.exit(bool(mistakes))


def write_study(study: Path, videos: int) -> None:
    """A tiny study whose sheet has one video; the others wait beside it."""
    write_tiny_study(study)
    for kind in range(KINDS):
        scene = mouse_video_scene(kind, FRAMES / FPS)
        write_synthetic_video(scene, study / f"raw/kind{kind}.mp4", FPS, FRAMES)
    for number in range(videos):
        path = study / f"raw/v{number:03d}.mp4"
        if number % BROKEN_EVERY == BROKEN_EVERY - 1:
            path.write_text("no video")
        else:
            os.link(study / f"raw/kind{number % KINDS}.mp4", path)
    change_setting(study, "report.labeled_videos", [])
    change_setting(study, "quality.max_failed_fraction", 0.01)


def prepare(study: Path) -> list[tuple[str, str]]:
    """Makes the model and a first video. Rule and script, in order, of that video's jobs.

    Snakemake's scripts begin with the parameters of their job and can be run by themselves.
    """
    write_videos(study, ("kind0", "", "s"))
    snakemake(study, "--cores", "1", "--retries", "1", "results/models/mouse/calibration.parquet")
    snakemake(study, "--cores", "1", "--retries", "1", "results/models/mouse/detector")
    target = "results/videos/kind0/quality.json"
    snakemake(study, "--cores", "1", "--retries", "1", "--skip-script-cleanup", target)
    made = sorted(
        (study / ".snakemake/scripts").glob("*.py"), key=lambda path: path.stat().st_mtime
    )
    kept = [(path.stem.split(".")[-1], str(path)) for path in made]
    os.chdir(study)  # where scripts run
    return kept


def direct(scripts: Sequence[tuple[str, str]]) -> dict[str, float]:
    """CPU seconds of each script, in a process that has run all of them before."""
    told = subprocess.run(
        [sys.executable, "-c", DIRECT, *(path for _, path in scripts)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = map(float, told.stdout.split())
    costs: dict[str, float] = {}
    for (name, _), cost in zip(scripts, seconds, strict=True):
        costs[name] = costs.get(name, 0.0) + cost
    return costs


def started(scripts: Sequence[tuple[str, str]]) -> dict[str, float]:
    """CPU seconds of each script in a Python of its own."""
    costs: dict[str, float] = {}
    for name, path in scripts:
        costs[name] = costs.get(name, 0.0) + cpu_of([sys.executable, path])
    return costs


DIRECT = """
import os, runpy, sys, time
told = os.fdopen(os.dup(1), "w")  # scripts send their words to their logs
for is_counted in (False, True):
    for script in sys.argv[1:]:
        start = time.process_time()
        runpy.run_path(script, run_name="__main__")
        if is_counted:
            print(time.process_time() - start, file=told)
"""


def cpu_of(command: Sequence[str]) -> float:
    """CPU seconds of a process."""
    process = subprocess.Popen(command, env=environment())
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    return used.ru_utime + used.ru_stime


def show_fixed_cost(direct_s: dict[str, float], started_s: dict[str, float]) -> None:
    """A line per rule, and the sum against the work of a 5-minute video."""
    print("CPU seconds per video    work  in a process of its own")
    for name, cost in started_s.items():
        print(f"  {name:20} {direct_s[name]:7.2f} {cost:7.2f}")
    work_s, all_s = sum(direct_s.values()), sum(started_s.values())
    print(f"  {'sum':20} {work_s:7.2f} {all_s:7.2f}")
    gpu_s = FRAMES_OF_5_MINUTES / CROPS_PER_S
    part = (all_s - work_s) / gpu_s
    print(f"fixed cost {all_s - work_s:.1f} s of CPU per video, {part:.0%} of the {gpu_s:.0f} s")
    print(f"that {FRAMES_OF_5_MINUTES} frames take at {CROPS_PER_S} crops/s")


def through_cluster(study: Path) -> tuple[float, float, int]:
    """Wall and CPU seconds and exit status of a run over all videos."""
    names = sorted(path.stem for path in study.glob("raw/v*.mp4"))
    write_videos(study, *((name, "", "s") for name in names))
    before_s, start_s = machine_cpu_s(), time.perf_counter()
    profile = ROOT / "profiles/slurm-test"
    status = snakemake(study, "--profile", str(profile), is_checked=False)
    return time.perf_counter() - start_s, machine_cpu_s() - before_s, status


def machine_cpu_s() -> float:
    """CPU seconds of everything on this machine since its start (proc(5), /proc/stat)."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def snakemake(study: Path, *arguments: str, is_checked: bool = True) -> int:
    """A run of Snakemake on a study. Its exit status, which must be 0 where it is checked."""
    command = [sys.executable, "-P", "-m", "snakemake", "-s", str(ROOT / "Snakefile")]
    log = study / "told.txt"
    with log.open("w") as told:
        status = subprocess.run(
            [*command, "-d", str(study), *arguments],
            env=environment(),
            cwd=study,
            stdout=told,
            stderr=told,
            check=False,
        ).returncode
    if is_checked and status:
        sys.exit(f"snakemake {' '.join(arguments)} failed:\n{log.read_text()[-4000:]}")
    return status


def check(study: Path, videos: int, status: int) -> list[str]:
    """What is not as it must be."""
    table = study / "results/tables/quality.parquet"
    if not table.exists():
        return [f"the run did not come to its end:\n{(study / 'told.txt').read_text()[-6000:]}"]
    rows = pq.read_table(table).to_pylist()
    failed = {row["video"]: row["reason"] for row in rows if row["status"] == "failed"}
    broken = {f"v{number:03d}" for number in range(BROKEN_EVERY - 1, videos, BROKEN_EVERY)}
    mistakes = []
    if len(rows) != videos:
        mistakes.append(f"{len(rows)} rows for {videos} videos")
    if failed.keys() != broken:
        mistakes.append(f"failed: {sorted(failed)}, broken: {sorted(broken)}")
    mistakes += [f"{v}: {why}" for v, why in failed.items() if "cannot be opened" not in why]
    if status != 1:
        mistakes.append(f"exit status {status}; more videos failed than are allowed")
    return mistakes


def environment() -> dict[str, str]:
    """Of all processes: this package, one thread."""
    return os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


if __name__ == "__main__":
    main()
