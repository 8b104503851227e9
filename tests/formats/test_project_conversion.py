"""The conversion table of a DeepLabCut project is used as it was meant there."""

import pytest
import yaml

from superanimal_core.datasets.unify import conversion_from_rows
from superanimal_core.errors import DatasetError
from superanimal_core.formats.project_conversion import (
    KEY,
    conversion_digest,
    conversion_rows_of_project,
    conversion_table_of_project,
    read_conversion,
)
from superanimal_core.pose.keypoints import KeypointSpace

MOUSE = "superanimal_topviewmouse"
UNIFIED = KeypointSpace(MOUSE, ("nose", "left_ear", "tail_base"))


@pytest.fixture
def project(tmp_path):
    """A project whose config.yaml says more than its table; two body parts are matched."""
    folder = tmp_path / "proj-Ann-2024-01-01"
    (folder / "labeled-data/vidA").mkdir(parents=True)
    (folder / "labeled-data/vidA/CollectedData_Ann.csv").write_text("")
    config = {"Task": "proj", "bodyparts": ["snout", "earL", "rod"]}
    config[KEY] = {MOUSE: {"snout": "nose", "earL": "left_ear"}, "superanimal_quadruped": {}}
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    return folder


@pytest.mark.parametrize(
    "within", ["", "labeled-data", "labeled-data/vidA", "labeled-data/vidA/CollectedData_Ann.csv"]
)
def test_the_table_is_found_from_wherever_the_labels_are_given(project, within):
    assert conversion_table_of_project(project / within, MOUSE) == str(project / "config.yaml")


def test_there_is_none_for_another_space_or_outside_of_a_project(project, tmp_path):
    assert conversion_table_of_project(project, "superanimal_quadruped") is None
    assert conversion_table_of_project(project, "superanimal_bird") is None
    assert conversion_table_of_project(project / "labeled-data/vidA", "superanimal_bird") is None
    (tmp_path / "config.yaml").write_text(f"{KEY}: {{{MOUSE}: {{a: nose}}}}")
    (tmp_path / "other").mkdir()
    assert conversion_table_of_project(tmp_path / "other", MOUSE) is None


def test_body_parts_that_the_project_does_not_match_are_dropped(project):
    keypoints = ("snout", "rod", "earL")
    rows = read_conversion(project / "config.yaml", MOUSE, keypoints)
    conversion = conversion_from_rows(rows, KeypointSpace("set", keypoints), UNIFIED, "config.yaml")
    assert conversion.unified == {"snout": "nose", "rod": None, "earL": "left_ear"}
    assert conversion.dropped == ("rod",)


def test_a_table_about_a_body_part_that_is_not_labeled_is_an_error(project):
    rows = conversion_rows_of_project(project, MOUSE, ("snout", "rod"))
    with pytest.raises(DatasetError, match="'earL' is no keypoint of 'set'"):
        conversion_from_rows(rows, KeypointSpace("set", ("snout", "rod")), UNIFIED, "config.yaml")


def test_a_sheet_is_read_as_a_sheet(tmp_path):
    (tmp_path / "lab.tsv").write_text("source\tunified\nsnout\tnose\n")
    assert [tuple(row) for row in read_conversion(tmp_path / "lab.tsv", MOUSE)] == [
        (2, "snout", "nose")
    ]


def test_what_deeplabcut_writes_beside_the_table_does_not_change_the_table(project):
    before = conversion_digest(project / "config.yaml", MOUSE)
    config = yaml.safe_load((project / "config.yaml").read_text())
    config |= {"video_sets": {"/home/ann/new.avi": {"crop": "0, 640, 0, 480"}}, "iteration": 1}
    (project / "config.yaml").write_text("# saved again\n" + yaml.safe_dump(config))
    assert conversion_digest(project / "config.yaml", MOUSE) == before
    config[KEY][MOUSE]["rod"] = "tail_base"
    (project / "config.yaml").write_text(yaml.safe_dump(config))
    assert conversion_digest(project / "config.yaml", MOUSE) != before


@pytest.mark.parametrize(
    ("saved", "is_same"),
    [
        ("# a note\nsource\tunified\ttold by\nsnout\tnose\tAnn\nrod\t\tAnn\n", True),
        ('"source"\t"unified"\r\n"rod"\t""\r\n"snout"\t"nose"\r\n', True),
        ("source\tunified\nsnout\tneck\nrod\t\n", False),
        ("source\tunified\nsnout\tnose\n", False),
    ],
)
def test_how_a_sheet_was_saved_does_not_change_the_table(tmp_path, saved, is_same):
    table = tmp_path / "lab.tsv"
    table.write_text("source\tunified\nsnout\tnose\nrod\t\n")
    before = conversion_digest(table, MOUSE)
    table.write_text(saved, encoding="utf-16", newline="")
    assert (conversion_digest(table, MOUSE) == before) == is_same


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (["nose"], "expected a table for each space"),
        ({MOUSE: ["nose"]}, "expected pairs"),
        ({MOUSE: {"snout": None}}, "expected pairs"),
        ({MOUSE: {"snout": 3}}, "expected pairs"),
        ({}, f"has no {KEY} for '{MOUSE}'"),
    ],
)
def test_what_is_no_table_is_told_with_its_file(project, written, message):
    (project / "config.yaml").write_text(yaml.safe_dump({KEY: written}))
    with pytest.raises(DatasetError, match=message) as caught:
        conversion_rows_of_project(project, MOUSE)
    assert project.name in str(caught.value)
