"""The commands of the tutorials, typed as they stand: made studies are planned, looked at after."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from test_front_door import write_project
from tiny_study import REPOSITORY, environment, planned

from superanimal_core.report.video_file import write_video

pytestmark = pytest.mark.slow
PAGES = sorted((REPOSITORY / "docs/tutorials").glob("*.md"))
AFTER = ("Look at", "How far")  # headings of what is typed when a study has run
RUNWAY = ("snout", "tailbase", "leftpaw", "rightpaw")
PUPIL = ("pupil_top", "pupil_right", "pupil_bottom", "pupil_left")


def blocks_of(page):
    """(heading, language, text) of every block of code, in order."""
    heading = ""
    for found in re.finditer(r"^## ([^\n]*)|^```(\w*)\n(.*?)^```", page, re.M | re.S):
        if found[1]:
            heading = found[1]
        else:
            yield heading, found[2], found[3]


@pytest.fixture
def data(tmp_path):
    """What the pages call /data."""
    folder = tmp_path / "data"
    (folder / "videos").mkdir(parents=True)
    gray = np.full((48, 64, 3), 128, np.uint8)
    write_video(iter([gray] * 30), folder / "videos/mouse.mp4", 30.0)
    write_project(folder / "my-project", RUNWAY, task="runway")
    write_project(folder / "pupil-project", PUPIL)
    (folder / "predictions").mkdir()
    header = ["scorer,net,net,net", "bodyparts,nose,nose,nose", "coords,x,y,likelihood"]
    lines = [*header, *(f"{frame},10,10,0.9" for frame in range(30))]
    (folder / "predictions/mouseDLC_net.csv").write_text("\n".join(lines) + "\n")
    return folder


def typed(text, workflow, home, data):
    """What a shell says to some lines of a page; they end well."""
    script = text.replace("/data/", f"{data}/")
    script = re.sub(r"^(\./superanimal plan .*)$", r"\1 --seconds 1", script, flags=re.M)
    script = re.sub(r"^(\./superanimal run .*)$", r"\1 -- -n", script, flags=re.M)
    script = script.replace("./superanimal", f"'{sys.executable}' -P -m superanimal_core")
    result = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=home,
        env=environment(workflow) | {"HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_tutorial_says_before_the_run_is_planned(workflow, tmp_path, data, page):
    runs = 0
    for heading, language, text in blocks_of(page.read_text(encoding="utf-8")):
        if language == "yaml":
            file, rest = re.match(r"# ~/(\S+), add\n(.*)", text, re.S).groups()
            with (tmp_path / file).open("a") as config:
                config.write(rest)
        elif language == "bash" and not heading.startswith(AFTER):
            if "init ~/my-study" in text:
                shutil.rmtree(tmp_path / "my-study", ignore_errors=True)  # of the lines before
            result = typed(text, workflow, tmp_path, data)
            if "superanimal run" in text:
                jobs, runs = planned(result), runs + 1
                assert jobs["smooth_poses"] == 1
    assert runs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_tutorial_says_after_the_run_works(workflow, tmp_path, data, study, page):
    for heading, language, text in blocks_of(page.read_text(encoding="utf-8")):
        if language == "bash" and heading.startswith(AFTER):
            typed(re.sub(r"~/\S+", str(study), text), workflow, tmp_path, data)
    if "superanimal export" in page.read_text(encoding="utf-8"):
        assert [*(study / "exports/deeplabcut_csv").iterdir()]
