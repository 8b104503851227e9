"""Groups of animals compared, from the sheet of videos to the report: one walks, one rests."""

import numpy as np
import pandas as pd
import pytest
import yaml
from test_brought_predictions import SETTINGS, table_of
from tiny_study import SPACE, run_snakemake

from superanimal_core.report.video_file import write_video

FPS, SECONDS = 25.0, 6.0
BODY = {"nose": 40.0, "neck": 28.0, "mouse_center": 14.0, "tail_base": 0.0}  # px along the trunk
ANIMALS = {"control": ("c1", "c2", "c3"), "treated": ("t1", "t2", "t3")}


def write_video_of(study, group, animal, seed):
    """A gray video, and what a network says of it: treated animals walk, others rest.

    Each begins to walk at a time of its own: groups of animals that are all alike promise nothing.
    """
    frames = round(FPS * SECONDS)
    gray = np.full((120, 160, 3), 128, np.uint8)
    write_video((gray for _ in range(frames)), study / f"raw/{animal}.mp4", FPS)
    time_s, lot = np.arange(frames) / FPS, np.random.default_rng(seed)
    walked_s = np.maximum(time_s - 0.5 * (seed % 3), 0.0)
    way = 50 * np.abs((walked_s / 1.5) % 2 - 1) if group == "treated" else np.full(frames, 25.0)
    xy = {
        name: np.column_stack([20 + way + along, np.full(frames, 60.0)])
        + lot.normal(0, 0.2, (frames, 2))
        for name, along in BODY.items()
    }
    table_of(xy, likelihood=0.9).to_csv(study / f"dlc/{animal}.csv")


@pytest.mark.slow
def test_a_group_that_walks_differs_in_walking_and_the_report_says_it(workflow, tmp_path):
    study = tmp_path / "study"
    for folder in ("dlc", "raw", "config"):
        (study / folder).mkdir(parents=True)
    rows, seed = ["path\tpredictions\tgroup\tsubject"], 0
    for group, animals in ANIMALS.items():
        for animal in animals:
            write_video_of(study, group, animal, seed := seed + 1)
            rows.append(f"raw/{animal}.mp4\tdlc/{animal}.csv\t{group}\t{animal}")
    (study / "config/videos.tsv").write_text("\n".join([*rows, ""]))
    groups = {"column": "group", "reference": "control"}
    settings = {"models": SETTINGS["models"], "groups": groups}
    (study / "config/config.yaml").write_text(yaml.safe_dump(settings))
    result = run_snakemake(workflow, study)
    assert result.returncode == 0, result.stdout[-6000:]
    table = pd.read_parquet(study / "results/groups/comparison.parquet")
    treated = table[table.group == "treated"]
    walking = treated[treated.measure.str.contains("walk")]
    assert (walking.animals == 3).any()
    assert (walking.difference_low > 0).any()
    assert set(table.reference) == {"control"}
    page = (study / "results/report/index.html").read_text()
    assert "Groups compared" in page
    assert SPACE in page
