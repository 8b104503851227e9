"""A study that the whole chain runs through in a minute, and the ways to run and read it."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import yaml

from superanimal_core.synthetic.casting import mouse_video_scene
from superanimal_core.synthetic.labs import BURROW, CABINET

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.append(str(REPOSITORY / "demo"))

from drawn_study import (  # noqa: E402  # it stands beside the demo that it draws
    write_conversion_table,
    write_synthetic_lab,
    write_synthetic_video,
)

TOY_STORE = Path(__file__).with_name("toy_store")  # a storage plugin: shelf://name
SPACE = "superanimal_topviewmouse"
FRAMES, FPS = 40, 50.0
ADAPTATION = {"when": "always", "teacher": "own", "min_score": 0.0, "max_frames": 8}
ADAPTATION |= {"steps": 2, "batch": 2}


def copy_workflow(folder, program=REPOSITORY):
    """The program itself, to be run and edited in a place of its own; dated now, like a clone."""
    folder.mkdir()
    shutil.copyfile(program / "Snakefile", folder / "Snakefile")
    for part in ("workflow", "superanimal_core", "config", "profiles", "envs"):
        ignored = shutil.ignore_patterns("__pycache__")
        whole = {"ignore": ignored, "copy_function": shutil.copyfile}
        shutil.copytree(program / part, folder / part, **whole)
    return folder


def write_tiny_study(study):
    """Two labs with 24 small pictures each, one video with truth, a network that learns little."""
    (study / "config").mkdir(parents=True, exist_ok=True)
    sheet = study / "config/datasets.tsv"
    sheet.write_text("dataset\tpath\tformat\tspace\trole\tlicense\n")
    for lab, document in ((BURROW, "/annotations.json"), (CABINET, "")):
        add_lab(study, lab, "pretrain", 24, document)
    scene = mouse_video_scene(0, FRAMES / FPS)
    write_synthetic_video(scene, study / "raw/mouse.mp4", FPS, FRAMES)
    write_videos(study, ("mouse", "raw/mouse.truth.parquet", "m1"))
    model = {"space": SPACE, "seeds": [0], "backbone": "lcnet_035"}
    model |= {"input_size_px": 64, "detector_size_px": 96}
    settings = {
        "models": {"mouse": model},
        "network": {"decoder_channels": 8},
        "training": {"steps": 4, "batch": 4, "warmup_steps": 1},
        "detector": {"steps": 4, "batch": 2, "min_score": 0.0},
        "adaptation": ADAPTATION,
        "report": {"labeled_videos": ["mouse"]},
        "quality": {"max_failed_fraction": 1.0},
    }
    (study / "config/config.yaml").write_text(yaml.safe_dump(settings))
    return study


def add_lab(study, lab, role, pictures, document=""):
    """A lab's small pictures with its conversion table, as a row of the sheet of data sets."""
    small = replace(lab, groups=3, px_per_bl=(35.0, 55.0))
    write_synthetic_lab(small, study / "datasets" / lab.name, pictures, 0, (160, 120))
    write_conversion_table(lab, study / "config/keypoints" / SPACE / f"{lab.name}.tsv")
    row = (lab.name, f"datasets/{lab.name}{document}", lab.layout, SPACE, role, "CC0-1.0")
    with (study / "config/datasets.tsv").open("a") as sheet:
        sheet.write("\t".join(row) + "\n")


def give_arena_an_implant(study):
    """The last data set, the lab arena, moves to a space that extends the others' by one keypoint.

    Its own keypoint, the implant, is what the lab calls the left ear.
    """
    sheet, spaces = study / "config/datasets.tsv", study / "config/keypoints"
    *others, row = sheet.read_text().splitlines()
    sheet.write_text("\n".join([*others, row.replace(SPACE, "implanted"), ""]))
    (spaces / "implanted.yaml").write_text(
        f"name: implanted\nextends: {SPACE}\nkeypoints: [implant]\n"
    )
    (spaces / "implanted").mkdir()
    table = (spaces / SPACE / "arena.tsv").read_text().replace("\tleft_ear\n", "\timplant\n")
    (spaces / "implanted/arena.tsv").write_text(table)


def write_videos(study, *rows):
    """The sheet of videos: (video, truth, subject) each; the file is raw/<video>.mp4."""
    lines = ["path\tvideo\ttruth\tsubject"]
    lines += [f"raw/{video}.mp4\t{video}\t{truth}\t{subject}" for video, truth, subject in rows]
    (study / "config/videos.tsv").write_text("\n".join(lines) + "\n")


def add_videos(study, *names):
    """More rows at the end of the sheet of videos."""
    with (study / "config/videos.tsv").open("a") as sheet:
        sheet.writelines(f"raw/{name}.mp4\t{name}\t\t{name}\n" for name in names)


def put_in_store(study, name, shelf):
    """A video's file goes to the toy store's folder; its row of the sheet names the URL."""
    shelf.mkdir()
    (study / f"raw/{name}.mp4").rename(shelf / f"{name}.mp4")
    sheet = study / "config/videos.tsv"
    sheet.write_text(sheet.read_text().replace(f"raw/{name}.mp4", f"shelf://{name}.mp4"))


def change_setting(study, path, value):
    """Change one setting of config.yaml, named by its key path."""
    file = study / "config/config.yaml"
    settings = yaml.safe_load(file.read_text())
    *sections, key = path.split(".")
    section = settings
    for name in sections:
        section = section.setdefault(name, {})
    section[key] = value
    file.write_text(yaml.safe_dump(settings))


def snakemake_command(workflow, study, *arguments):
    """The command of a user, on one core."""
    return [
        *(sys.executable, "-P", "-m", "snakemake"),  # -P: the copied package, not the one here
        *("--snakefile", str(workflow / "Snakefile")),
        *("--directory", str(study), "--cores", "1", *arguments),
    ]


def environment(workflow, sabotage=None, plugins=None):
    """The copied package instead of the installed one; what goes wrong, if anything; plugins."""
    paths = [str(workflow), *([str(plugins)] if plugins else [])]
    paths += filter(None, [os.environ.get("PYTHONPATH")])  # another Snakemake, where one is tried
    added = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    if sabotage:
        paths.insert(0, str(sabotage))
        added["SABOTAGE"] = str(sabotage)
    return {**os.environ, **added, "PYTHONPATH": os.pathsep.join(paths)}


def run_snakemake(workflow, study, *arguments, sabotage=None, plugins=None):
    """Run the workflow; stdout and stderr together are `stdout` of the result."""
    return subprocess.run(
        snakemake_command(workflow, study, *arguments),
        env=environment(workflow, sabotage, plugins),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=900,
    )


def planned(result):
    """Rule -> number of jobs in the output of a dry run."""
    assert result.returncode == 0, result.stdout
    if "Nothing to be done" in result.stdout:
        return {}
    table = result.stdout.split("Job stats:")[1].split("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}


def triggered(result):
    """Rules that a dry run starts because their code, params or set of inputs changed."""
    rules = re.search(r"Rules with provenance triggered jobs: (.+)", result.stdout)
    return set(re.findall(r"\w+", rules[1])) if rules else set()


def rules_after(workflow, study):
    """Rule -> all rules that come after it, by Snakemake's own graph of the study."""
    dot = run_snakemake(workflow, study, "--forceall", "--rulegraph").stdout
    name = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    edges = [(name[a], name[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot)]
    after = {rule: {b for a, b in edges if a == rule} for rule in name.values()}
    for _ in after:
        after = {rule: found.union(*(after[r] for r in found)) for rule, found in after.items()}
    return after


def quality_rows(study):
    """Rows of the quality table by video."""
    rows = pq.read_table(study / "results/tables/quality.parquet").to_pylist()
    return {row["video"]: row for row in rows}
