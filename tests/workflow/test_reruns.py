"""What is done again after a change, on the real Snakefile: exactly what the change touches."""

import ast
import os
from contextlib import ExitStack

import pytest
from tiny_study import (
    add_videos,
    change_setting,
    copy_workflow,
    planned,
    quality_rows,
    run_snakemake,
    triggered,
    write_videos,
)

COHORT = {"collect_tables": 1, "report": 1, "judge_run": 1, "all": 1}
PER_VIDEO = {"probe_video", "predict_poses", "adapt_to_video", "smooth_poses", "measure_gait"}
PER_VIDEO |= {"describe_behavior", "check_video", "draw_stills"}


def add_statement(text):
    return text + "\n\nEDITED = 1\n"


def test_a_finished_study_has_nothing_to_do_and_all_tables(workflow, study):
    assert planned(run_snakemake(workflow, study, "-n")) == {}
    assert quality_rows(study)["mouse"]["status"] in ("ok", "flagged")
    assert (study / "results/report/index.html").stat().st_size > 0
    told = (study / "told.txt").read_text()
    assert "1 of 1 videos done" in told
    assert "0 failed: results/tables/quality.parquet (see results/report/index.html)" in told


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


SMOOTHING = ["smooth_poses", "calibrate_uncertainty", "compare_truth"]
SEEING = ("predict_poses", "evaluate_model", "adapt_to_video")


@pytest.mark.parametrize(
    ("module", "users"),
    [
        ("smoothing/eks.py", [*SMOOTHING, "measure_gait"]),
        ("network/heatmaps.py", ["pretrain", *SEEING]),
        ("evaluation/metrics.py", ["evaluate_model", "compare_truth"]),
        ("tables/cohort.py", ["collect_tables"]),
    ],
)
def test_an_edited_module_reruns_exactly_the_rules_that_use_it(
    workflow, study, edited, with_what_follows, module, users
):
    """One module of each part of the chain; tests/test_what_reruns.py has the others."""
    with edited(module, add_statement):
        result = run_snakemake(workflow, study, "-n")
    assert triggered(result) <= set(users)
    assert set(planned(result)) == with_what_follows(*users)


def test_what_computes_no_result_reruns_nothing(workflow, study, edited):
    with ExitStack() as edits:
        for module in ("settings/smoothing.py", "errors.py", "synthetic/mouse.py"):
            edits.enter_context(edited(module, add_statement))
        assert planned(run_snakemake(workflow, study, "-n")) == {}


def test_comments_docstrings_and_layout_rerun_nothing(workflow, study):
    texts = {path: path.read_text() for path in workflow.glob("superanimal_core/**/*.py")}
    times = {path: path.stat() for path in texts}
    try:
        for path, text in texts.items():
            path.write_text(with_another_docstring(text) + "\n\n# a remark\n")
        assert planned(run_snakemake(workflow, study, "-n")) == {}
    finally:
        for path, text in texts.items():
            path.write_text(text)
            os.utime(path, ns=(times[path].st_atime_ns, times[path].st_mtime_ns))


def with_another_docstring(text):
    tree = ast.parse(text)
    if ast.get_docstring(tree) is None:
        return text
    lines = text.splitlines()
    return "\n".join(['"""Another docstring."""', "", *lines[tree.body[0].end_lineno :]])


@pytest.mark.parametrize(
    ("setting", "value", "readers"),
    [
        ("smoothing.min_score", 0.25, SMOOTHING),
        ("training.weight_decay", 0.02, ["pretrain", "adapt_to_video"]),
        ("quality.min_score", 0.4, ["check_video"]),
        ("report.title", "Another title", ["report"]),
        slow("detector.min_score", 0.01, ["predict_poses", "evaluate_model"]),
        slow("detector.steps", 5, ["train_detector"]),
        slow("adaptation.steps", 3, ["adapt_to_video"]),
        slow("inference.batch", 16, [*SEEING]),
        slow("labels.split_seed", 1, ["unify_dataset"]),
        slow("gait.min_body_speed_bl_per_s", 0.3, ["measure_gait"]),
        slow("features.window_s", 0.2, ["describe_behavior"]),
    ],
)
def test_a_changed_setting_reruns_what_reads_it(
    workflow, study, with_what_follows, setting, value, readers
):
    change_setting(study, setting, value)
    plan = planned(run_snakemake(workflow, study, "-n"))
    assert set(plan) == with_what_follows(*readers, "report")  # which shows all settings


def test_a_new_row_adds_only_its_own_jobs(workflow, study):
    os.link(study / "raw/mouse.mp4", study / "raw/second.mp4")
    add_videos(study, "second")
    plan = planned(run_snakemake(workflow, study, "-n"))
    assert plan == dict.fromkeys(PER_VIDEO, 1) | COHORT


def test_a_removed_row_leaves_the_other_videos_alone(workflow, study):
    os.rename(study / "raw/mouse.mp4", study / "raw/other.mp4")
    write_videos(study, ("other", "", ""))
    change_setting(study, "report.labeled_videos", [])
    plan = planned(run_snakemake(workflow, study, "-n"))
    assert plan == dict.fromkeys(PER_VIDEO, 1) | COHORT


def test_a_new_column_of_the_user_touches_the_account_only(workflow, study):
    sheet = study / "config/videos.tsv"
    header, row = sheet.read_text().splitlines()
    sheet.write_text(f"{header}\tnote\n{row}\tlate\n")
    plan = planned(run_snakemake(workflow, study, "-n"))
    assert plan == {"check_video": 1} | COHORT


def test_another_name_of_the_animal_is_also_drawn_into_its_video(workflow, study):
    write_videos(study, ("mouse", "raw/mouse.truth.parquet", "another"))
    plan = planned(run_snakemake(workflow, study, "-n"))
    assert plan == {"check_video": 1, "label_video": 1} | COHORT


def test_a_changed_conversion_table_unifies_that_data_set_again(workflow, study):
    table = study / "config/keypoints/superanimal_topviewmouse/burrow.tsv"
    table.write_text(table.read_text().replace("tailtip\ttail_end", "tailtip\t"))
    plan = planned(run_snakemake(workflow, study, "-n"))
    assert plan["unify_dataset"] == 1
    assert "convert_dataset" not in plan
    assert {"pretrain", "train_detector", "smooth_poses"} <= set(plan)


def test_a_keypoint_space_of_the_workflow_counts_by_its_content(workflow, study, tmp_path):
    moved = copy_workflow(tmp_path / "elsewhere", workflow)
    space = moved / "config/keypoints/superanimal_topviewmouse.yaml"
    space.write_text(space.read_text() + "# edited\n")
    assert planned(run_snakemake(moved, study, "-n"))["unify_dataset"] == 2
