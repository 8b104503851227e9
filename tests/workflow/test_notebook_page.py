"""What docs/how-to/predict-in-a-notebook.md shows is run on a finished study."""

import re
import subprocess
import sys

import pytest
from tiny_study import REPOSITORY, environment

PAGE = (REPOSITORY / "docs/how-to/predict-in-a-notebook.md").read_text("utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SHOWN = (
    "assert poses.xy_px.shape == (40, 1, 27, 2) and 0 < poses.score.max() <= 1",
    "assert len(nose) == 40 and set(own['video']) == {'mouse'}",
    "assert len(nose) == 40 and len(means) == 27",
    "assert len(means) == 27 and set(means['video']) == {'mouse'}",
)


def test_every_program_of_the_page_is_tried():
    assert len(PROGRAMS) == len(SHOWN)


@pytest.mark.parametrize("number", range(len(SHOWN)))
def test_programs_of_the_page_give_what_they_say(number, workflow, finished_study):
    program = PROGRAMS[number].replace("detector=detector", "detector=detector, min_score=0.0")
    command = [sys.executable, "-P", "-c", f"{program}\n{SHOWN[number]}"]
    subprocess.run(command, cwd=finished_study, env=environment(workflow), check=True)
