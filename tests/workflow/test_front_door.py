"""What README and the catalog of workflows promise: their first studies are planned as told."""

import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
from PIL import Image
from tiny_study import REPOSITORY, environment, planned, run_snakemake

from superanimal_core.report.video_file import write_video

README_PARTS = ("snout", "leftear", "rightear", "tailbase")


def write_project(folder, parts=README_PARTS, task="lab"):
    """A DeepLabCut project with one labeled picture of four keypoints."""
    pictures = folder / "labeled-data/m1"
    pictures.mkdir(parents=True)
    Image.new("RGB", (64, 48)).save(pictures / "img0.png")
    rows = (
        ("scorer", *["me"] * 8),
        ("bodyparts", *(part for part in parts for _ in "xy")),
        ("coords", *["x", "y"] * 4),
        ("labeled-data/m1/img0.png", *map(str, range(10, 18))),
    )
    table = "".join(",".join(row) + "\n" for row in rows)
    (pictures / "CollectedData_me.csv").write_text(table)
    (folder / "config.yaml").write_text(f"Task: {task}\nbodyparts: [{', '.join(parts)}]\n")


def test_the_first_study_of_the_readme_is_planned_as_it_stands(workflow, tmp_path):
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    setup, *lines = re.findall(r"```bash\n(.*?)```", readme, re.S)[0].strip().splitlines()
    assert setup.startswith("make setup")
    assert [line.split()[1] for line in lines] == ["init", "check", "run", "plan", "run"]
    (tmp_path / "videos").mkdir()
    gray = np.full((48, 64, 3), 128, np.uint8)
    write_video(iter([gray] * 30), tmp_path / "videos/mouse.mp4", 30.0)
    write_project(tmp_path / "project")
    script = "\n".join(["set -e", *lines[:-1]])
    for old, new in (
        ("plan ~/my-study", "plan ~/my-study --seconds 3"),  # instead of half a minute
        ("/data/my-project", str(tmp_path / "project")),
        ("/data/videos", str(tmp_path / "videos")),
        ("~/my-study", str(tmp_path / "study")),
        ("\n./superanimal", f"\n{shlex.quote(sys.executable)} -P -m superanimal_core"),
    ):
        assert old in script
        script = script.replace(old, new)
    result = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment(workflow),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert str(workflow / "Snakefile") in result.stdout
    jobs = planned(result)
    assert (jobs["pretrain"], jobs["convert_dataset"], jobs["predict_poses"]) == (1, 1, 1)


def test_the_study_that_the_catalog_looks_for_is_planned(workflow, tmp_path):
    study = shutil.copytree(REPOSITORY / ".test", tmp_path / "study")
    jobs = planned(run_snakemake(workflow, study, "-n"))
    assert jobs["predict_poses"] == 1
