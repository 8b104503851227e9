"""Mistakes in a study are told before any job starts (or by the job that reads the file)."""

import json
import re

import pytest
import yaml
from tiny_study import SPACE, change_setting, run_snakemake

TABLE = f"config/keypoints/{SPACE}/burrow.tsv"


@pytest.fixture
def refused(workflow, fresh_study):
    """Run the study: it must end with exit 1 and without a traceback; gives what was told."""

    def run(*arguments):
        result = run_snakemake(workflow, fresh_study, *(arguments or ("-n",)))
        assert result.returncode == 1, result.stdout
        assert "Traceback" not in result.stdout
        return result.stdout

    return run


def replace_in(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def edit_settings(study, change):
    path = study / "config/config.yaml"
    settings = yaml.safe_load(path.read_text())
    change(settings)
    path.write_text(yaml.safe_dump(settings))


def test_all_mistakes_in_the_settings_are_told_at_once(refused, fresh_study):
    def change(settings):
        settings["training"]["step"] = 3
        settings["detector"]["max_gap_s"] = "long"
        settings["models"]["fly"] = {"seeds": [0]}
        settings["detectr"] = {}

    edit_settings(fresh_study, change)
    told = refused()
    assert "4 to mend before anything runs" in told
    place = "config/config.yaml: "
    assert f"{place}training.step: unknown key; did you mean 'steps'?" in told
    assert f"{place}detector.max_gap_s: read 'long'; input should be a valid number" in told
    assert f"{place}models.fly.space: missing; add it" in told
    assert f"{place}detectr: unknown key; did you mean 'detector'?" in told


def test_all_mistakes_in_the_sheets_are_told_at_once(refused, fresh_study):
    (fresh_study / "config/videos.tsv").write_text(
        "path\tvideo\tmodel\n"
        "raw/mouse.mp4\tmouse\tmouse\n"
        "raw/mouse.mp4\tmouse\tmouse\n"
        "raw/mous.mp4\tother\tmouse\n"
        "raw/mouse.mp4\tthird\tmoose\n"
        "raw/none-*.mp4\t\t\n"
    )
    replace_in(fresh_study / "config/datasets.tsv", "\tcoco\t", "\tcocoa\t")
    replace_in(fresh_study / TABLE, "tail_base", "tail_bas")
    replace_in(fresh_study / TABLE, "right_ear", "left_ear")
    told = refused()
    videos = "config/videos.tsv: row "
    assert f"{videos}3: raw/mouse.mp4 stands in row 2 already; remove one" in told
    assert f"{videos}4: raw/mous.mp4 does not exist; mend the path or remove the row" in told
    assert f"{videos}5: no model 'moose' in config.yaml; did you mean 'mouse'?" in told
    assert f"{videos}6: no file matches raw/none-*.mp4" in told
    assert "config/datasets.tsv: row 2: unknown format 'cocoa'; did you mean 'coco'?" in told
    assert re.search(rf"{TABLE}: row \d+: 'tail_bas' is no keypoint of '{SPACE}'; did you", told)
    assert re.search(rf"{TABLE}: row 4: 'ear_l' and 'ear_r' both become 'left_ear'; leave", told)


def test_empty_sheets_say_what_to_do(refused, fresh_study):
    (fresh_study / "config/videos.tsv").write_text("path\tvideo\n")
    (fresh_study / "config/datasets.tsv").write_text("# nothing yet\n")
    told = refused()
    assert "config/videos.tsv: lists no video; add a row with at least the column 'path'" in told
    assert "config/datasets.tsv: empty; the first line must name the columns" in told
    (fresh_study / "config/datasets.tsv").write_text("dataset\tpath\tformat\tspace\trole\n")
    assert "config/datasets.tsv: lists no data set; add a row with dataset, path" in refused()


def test_a_sheet_that_is_not_there_is_named(refused, fresh_study):
    (fresh_study / "config/videos.tsv").unlink()
    assert "config/videos.tsv: cannot be read (No such file or directory)" in refused()


def test_a_misspelt_source_keypoint_is_named_by_the_job(refused, fresh_study):
    replace_in(fresh_study / TABLE, "snout\tnose\n", "snoot\tnose\n")
    told = refused("results/datasets/burrow/unified.parquet")
    assert f"{TABLE}: row 2: 'snoot' is no keypoint of 'burrow'; did you mean 'snout'?" in told
    assert "has no row" not in told  # the same mistake, seen from the other side


def test_a_truncated_label_file_names_the_line(refused, fresh_study):
    path = fresh_study / "datasets/burrow/annotations.json"
    path.write_text(path.read_text()[:2000])
    told = refused("results/datasets/burrow/labels.parquet")
    assert re.search(r"annotations\.json: line 1, column \d+: .*is the file complete\?", told)


def test_a_missing_image_is_named(refused, fresh_study):
    document = json.loads((fresh_study / "datasets/burrow/annotations.json").read_text())
    name = document["images"][3]["file_name"]
    (fresh_study / "datasets/burrow" / name).unlink()
    told = refused("results/datasets/burrow/labels.parquet")
    assert name in told


def test_an_unknown_backbone_is_named_before_anything_runs(refused, fresh_study):
    change_setting(fresh_study, "models.mouse.backbone", "lcnet_35")
    place = "config/config.yaml: models.mouse.backbone: "
    told = f"{place}'lcnet_35' is not a network of timm; did you mean 'lcnet_035'?"
    assert told in refused("-n")


def test_a_video_to_be_labeled_must_be_in_the_sheet(refused, fresh_study):
    change_setting(fresh_study, "report.labeled_videos", ["mose"])
    told = refused()
    assert "report.labeled_videos" in told
    assert "did you mean 'mouse'?" in told


def test_a_video_that_is_not_in_the_sheet_is_told_by_name(workflow, fresh_study):
    """So do jobs on other machines, when a row is removed while a run goes on."""
    for file in ("poses.parquet", "frames.parquet"):
        result = run_snakemake(workflow, fresh_study, "-n", f"results/videos/nobody/{file}")
        assert result.returncode == 1
        assert "config/videos.tsv: no video 'nobody'; if its row was removed" in result.stdout
        assert "KeyError" not in result.stdout


def test_a_data_set_that_is_not_in_the_sheet_is_told_by_name(workflow, fresh_study):
    result = run_snakemake(workflow, fresh_study, "-n", "results/datasets/nothing/audit.parquet")
    assert result.returncode == 1
    assert "config/datasets.tsv: no data set 'nothing'; if its row was removed" in result.stdout
    assert "KeyError" not in result.stdout


def test_broken_yaml_is_refused(refused, fresh_study):
    path = fresh_study / "config/config.yaml"
    path.write_text(path.read_text() + "training: [1, 2\n")
    assert re.search(r"config/config.yaml: line \d+, column \d+: expected", refused())
