"""What is left after the networks: seconds of the processor of each step, start of Python included.

    python benchmarks/tail.py [--quick] [--videos N] [--step STEP [--profile]] [--keep FOLDER]

A drawn quadruped walks up and down for ten minutes (--quick: two) at 30 and at 100 frames/s,
27 keypoints, seen by three networks, with a calibration. Every step is the workflow's own script
with the settings of config.yaml, in a process of its own. Then the tables of N videos (one under
many names) are collected. The report of many videos: benchmarks/report.py.

--step: only this one, after those that it needs; --profile: with what took longest in it.
--keep: the study stays there; what lies there already is not drawn again.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from asked import options_in, parser_of_videos
from machine_rows import add_record_option, keep_row
from tail_videos import SPACE, write_ensembles_calibration, write_video

from superanimal_core.commands.study_folder import read_here
from superanimal_core.settings.smoothing import EksSmoothing
from superanimal_core.study.graph import Graph
from superanimal_core.study.identities import Identities
from superanimal_core.study.products import of_cohort
from superanimal_core.study.rule_settings import RuleSettings
from superanimal_core.tables.accounts import read_quality, write_quality

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parent / "workflow" / "scripts"
COLLECT, CALIBRATION = "collect_tables", "calibration.parquet"
STEPS = ("smooth_poses", "measure_gait", "describe_behavior", "check_video")
RATES, MEMBERS = (30, 100), 3
SECONDS, QUICK_SECONDS = 600.0, 120.0
VIDEOS, QUICK_VIDEOS = 1000, 50
MEASURED = ("strides", "walks", "gait", "features", "bouts")
PER_VIDEO = ("frames", "boxes", "poses", *MEASURED)
CONFIG = f"""
models: {{ horse: {{ space: {SPACE}, predictions: {{ format: poses, space: {SPACE} }} }} }}
"""


def main() -> None:
    """Print a line for each step and rate, then what 1,000 such videos take."""
    parser = parser_of_videos(__doc__, VIDEOS, QUICK_VIDEOS)
    parser.add_argument("--step", choices=(*STEPS, COLLECT))
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--keep", type=Path)
    add_record_option(parser)
    options = options_in(parser)
    with tempfile.TemporaryDirectory() as folder:
        study = (options.keep or Path(folder)).resolve()
        make_study(study, QUICK_SECONDS if options.quick else SECONDS, options.videos)
        for video in (f"v{fps}" for fps in RATES):
            asked = [step for step in STEPS if options.step in (None, step)]
            lacking = [step for step in STEPS if not is_there(study, step, video)]
            chosen = [step for step in STEPS if step in (*asked, *lacking)]
            taken = {step: seconds(study, step, video, options.profile) for step in chosen}
            for step, cpu_s in {**taken, "all of these": sum(taken.values())}.items():
                tell(f"{video[1:]} frames per s, {step}", cpu_s, options.record)
        if options.step in (None, COLLECT):
            put_many(study, options.videos)
            cpu_s = seconds(study, COLLECT, "all", options.profile)
            tell(f"{options.videos} videos, {COLLECT}", cpu_s, options.record)


def tell(case: str, cpu_s: float, is_kept: bool) -> None:
    """Print a figure, and keep it where that is asked for."""
    print(f"{case}: {cpu_s:.2f} s", flush=True)
    if is_kept:
        keep_row("tail", case, {"cpu_s": cpu_s}, precision="", engine="")


def is_there(study: Path, step: str, video: str) -> bool:
    """Whether what a step makes has been made."""
    job = (study / f"jobs/{step}-{video}.json").read_text(encoding="utf-8")
    return all((study / path).exists() for path in json.loads(job)["output"].values())


def seconds(study: Path, step: str, video: str, is_profiled: bool = False) -> float:
    """Of the processor, of a step in a process of its own."""
    job = study / f"jobs/{step}-{video}.json"
    more = ["--profile"] * is_profiled
    command = [sys.executable, HERE / "tail_job.py", SCRIPTS / f"{step}.py", job, *more]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=study, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if more:
        print((study / f"logs/{step}/{video}.log").read_text(encoding="utf-8"))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_study(study: Path, length_s: float, videos: int) -> None:
    """The settings, what lies beside each video, a calibration, and a document of every job."""
    (study / "config").mkdir(parents=True, exist_ok=True)
    (study / "jobs").mkdir(exist_ok=True)
    for fps in RATES:
        (study / f"v{fps}.mp4").touch()
        (study / f"v{fps}.parquet").touch()
    rows = "".join(f"v{fps}.mp4\tv{fps}.parquet\n" for fps in RATES)
    (study / "config/videos.tsv").write_text("path\tpredictions\n" + rows, encoding="utf-8")
    (study / "config/datasets.tsv").write_text("dataset\tpath\tformat\tspace\trole\n")
    (study / "config/config.yaml").write_text(CONFIG, encoding="utf-8")
    with chdir(study):
        settings = RuleSettings(Graph(read_here(), Identities()))
    if not (study / CALIBRATION).exists():
        smoothing = EksSmoothing(**settings.smoother())
        write_ensembles_calibration(study / CALIBRATION, MEMBERS, smoothing)
        for fps in RATES:
            write_video(study / f"results/videos/v{fps}", MEMBERS, length_s, float(fps))
    for video in (f"v{fps}" for fps in RATES):
        for step in STEPS:
            write_job(study, step, video, *job_of(step, f"results/videos/{video}", settings, video))
    names = {"quality": [f"results/videos/m{i:04d}/quality.json" for i in range(videos)]}
    write_job(study, COLLECT, "all", names, of_cohort(), {})


def write_job(
    study: Path, rule: str, video: str, inputs: dict, outputs: dict, params: dict
) -> None:
    """What `tail_job.py` reads."""
    document = {"rule": rule, "video": video, "input": inputs, "output": outputs, "params": params}
    (study / f"jobs/{rule}-{video}.json").write_text(json.dumps(document), encoding="utf-8")


def job_of(step: str, folder: str, settings: RuleSettings, video: str) -> tuple[dict, dict, dict]:
    """Inputs, outputs and settings of a step, as in its rule."""
    tables = {name: f"{folder}/{name}.parquet" for name in PER_VIDEO}
    poses = {"poses": tables["poses"]}
    if step == "smooth_poses":
        seen = {"predicted": f"{folder}/predicted", "others": [], "camera_file": []}
        return (
            seen | {"calibration": [CALIBRATION]},
            poses,
            {"method": "eks", "smoothing": settings.smoother()}
            | {"cameras": settings.cameras(video), "views": settings.views(video)},
        )
    if step == "measure_gait":
        params = {"gait": settings.gait(video), "draws": settings.trajectory_draws(video)}
        return poses, {name: tables[name] for name in ("strides", "walks", "gait")}, params
    if step == "describe_behavior":
        by_video = ("anatomy", "arena", "cm_per_px")
        params = {name: getattr(settings, name)(video) for name in by_video}
        params |= {"groups": settings.feature_groups(video), "draws": settings.behavior_draws()}
        params |= {"definitions": settings.behaviors(video), **settings.of("features", "window_s")}
        return poses, {name: tables[name] for name in ("features", "bouts")}, params
    params = {"quality": settings.account(), "columns": {}, "file": f"{video}.mp4"}
    return {**tables, "adapted": []}, {"quality": f"{folder}/quality.json"}, params


def put_many(study: Path, videos: int) -> None:
    """The tables of the slower video under many names, each with an account of its own."""
    one = study / f"results/videos/v{RATES[0]}"
    (account,) = read_quality([one / "quality.json"])
    for name in (f"m{i:04d}" for i in range(videos)):
        other = one.with_name(name)
        if other.exists():
            continue
        write_quality({**account, "video": name}, other / "quality.json", {})
        for table in one.glob("*.parquet"):
            os.link(table, other / table.name)


if __name__ == "__main__":
    main()
