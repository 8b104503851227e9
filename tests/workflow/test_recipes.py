"""CONTRIBUTING.md's recipe for a table of one video, done on a copy: six files, and it is there."""

import pyarrow.parquet as pq
import pytest
from tiny_study import copy_workflow, planned, run_snakemake

from superanimal_core.study.products import of_cohort

IDEA = '''"""How far an animal went."""

from dataclasses import dataclass

import numpy as np

from superanimal_core.pose.poses import SmoothedPoses


@dataclass(frozen=True)
class Ways:
    """One row per individual: its way (px) over the whole video."""

    individual: np.ndarray
    way_px: np.ndarray


def measure_ways(poses: SmoothedPoses) -> Ways:
    """The way of the mean of all keypoints."""
    center = np.nanmean(poses.poses.xy_px, axis=2)
    steps = np.linalg.norm(np.diff(center, axis=0), axis=-1)
    return Ways(np.array(poses.poses.individuals), np.nansum(steps, axis=0))
'''
SCRIPT = '''"""Measure how far each animal of a video went."""

from superanimal_core.behavior.ways import measure_ways
from superanimal_core.jobs.step import video_step
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.pose_files import read_smoothed
from superanimal_core.tables.schemas import columns_to_table

with video_step(snakemake) as record:
    ways = measure_ways(read_smoothed(snakemake.input.poses))
    write_parquet(columns_to_table(ways), snakemake.output.ways, record)
'''
COLUMNS = '\nWAYS = INDIVIDUAL | {"way_px": "of the mean of all keypoints, over the video"}\n'
LINE = '    "ways": Table(f"{_VIDEO}/ways.parquet", "an animal", of_video.WAYS),\n'
FILES = {
    "superanimal_core/behavior/ways.py",
    "superanimal_core/tables/video_columns.py",
    "superanimal_core/tables/names.py",
    "workflow/scripts/measure_ways.py",
    "workflow/rules/measure_ways.smk",
    "Snakefile",
}


def add_a_table(clone):
    """The recipe: an idea, its columns, one line in the list, a rule, its script, an include."""
    written = {
        "superanimal_core/behavior/ways.py": IDEA,
        "workflow/scripts/measure_ways.py": SCRIPT,
        "workflow/rules/measure_ways.smk": rule_like_gait(clone),
    }
    for name, text in written.items():
        (clone / name).write_text(text)
    edit(clone / "superanimal_core/tables/video_columns.py", "\nFILE = {", f"{COLUMNS}\nFILE = {{")
    edit(clone / "superanimal_core/tables/names.py", "MEASURED = {", "MEASURED = {", LINE)
    include = 'include: "workflow/rules/measure_gait.smk"\n'
    edit(clone / "Snakefile", include, include + include.replace("gait", "ways"))
    return {*written, *(FILES - written.keys())}


def rule_like_gait(clone):
    """The rule file: copied from one that also measures on poses, with other names."""
    text = (clone / "workflow/rules/measure_gait.smk").read_text()
    text = text.replace("measure_gait", "measure_ways")
    start, stop = text.index("    output:"), text.index("    log:")
    outputs = '    output:\n        ways="results/videos/{video}/ways.parquet",\n'
    text = text[:start] + outputs + text[stop:]
    start, stop = text.index('        code=code("measure_ways"),\n'), text.index("    script:")
    return text[:start] + '        code=code("measure_ways"),\n' + text[stop:]


def edit(path, old, new, after=""):
    text = path.read_text()
    assert old in text
    if after:
        line_end = text.index("\n", text.index(old)) + 1
        path.write_text(text[:line_end] + after + text[line_end:])
    else:
        path.write_text(text.replace(old, new, 1))


@pytest.mark.slow
def test_a_new_table_of_each_video_takes_six_files(study, tmp_path):
    clone = copy_workflow(tmp_path / "clone")
    assert add_a_table(clone) == FILES
    jobs = planned(run_snakemake(clone, study, "-n"))
    others = {"check_video", "collect_tables", "report", "judge_run", "all"}
    assert set(jobs) == {"measure_ways"} | others
    result = run_snakemake(clone, study)
    assert result.returncode == 0, result.stdout[-3000:]
    table = pq.read_table(study / "results/tables/ways.parquet").to_pandas()
    assert [*table.columns] == ["video", "subject", "individual", "way_px"]
    assert (table.way_px > 0).all()
    assert planned(run_snakemake(clone, study, "-n")) == {}
    (study / "results/videos/mouse/ways.parquet").unlink()
    assert "measure_ways" in planned(run_snakemake(clone, study, "-n"))
    assert "ways" not in of_cohort()  # only in the copy
