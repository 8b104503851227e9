"""What people do to a finished study and to the program, and exactly the jobs that follow."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny_study import (
    change_setting,
    copy_workflow,
    environment,
    planned,
    run_snakemake,
    write_tiny_study,
)

from superanimal_core.jobs.failed_jobs import failed_lines
from superanimal_core.report.video_file import write_video
from superanimal_core.settings.behavior import FEATURE_GROUPS
from superanimal_core.tables.names import (
    ALL,
    COLUMNS,
    OF_VIDEO,
    WITHOUT_USER_COLUMNS,
    base_name,
)
from superanimal_core.tables.video_columns import ENDINGS

pytestmark = pytest.mark.slow

COHORT = {"collect_tables", "report", "judge_run", "all"}
SEEN = {"probe_video", "predict_poses", "adapt_to_video"}
MEASURED = {"smooth_poses", "measure_gait", "describe_behavior", "check_video"}
BESIDE = {"compare_truth", "label_video", "draw_stills"}
VIDEO = SEEN | MEASURED | BESIDE
CABINET = "datasets/cabinet/CollectedData.csv"


def plan(workflow, study):
    return set(planned(run_snakemake(workflow, study, "-n")))


def edit_scripts(workflow, change):
    for script in workflow.glob("workflow/scripts/*.py"):
        script.write_text(change(script.read_text()))


def with_remarks(text):
    return text.replace("\nfrom ", "\n# a remark\nfrom ", 1) + "\n\n# another\n"


@pytest.mark.parametrize("change", [lambda text: text, with_remarks])
def test_a_fresh_clone_and_remarks_in_scripts_rerun_nothing(workflow, study, tmp_path, change):
    clone = copy_workflow(tmp_path / "clone")  # every file has the date of now
    edit_scripts(clone, change)
    assert plan(clone, study) == set()


def test_a_statement_in_a_script_reruns_its_rule(workflow, study, tmp_path, with_what_follows):
    clone = copy_workflow(tmp_path / "clone")
    script = clone / "workflow/scripts/measure_gait.py"
    script.write_text(script.read_text() + "\nEDITED = 1\n")
    assert plan(clone, study) == with_what_follows("measure_gait")


def correct_a_label(study):
    *rows, last = (study / CABINET).read_text().splitlines()
    name, x, *others = last.split(",")
    (study / CABINET).write_text(
        "\n".join([*rows, ",".join([name, f"{float(x or 0) + 5}", *others])])
    )


def correct_a_label_in_a_document(study):
    document = study / "datasets/burrow/annotations.json"
    text = document.read_text()
    start = text.index('"keypoints": [', text.index('"annotations"')) + len('"keypoints": [')
    stop = text.index(",", start)
    document.write_text(f"{text[:start]}{float(text[start:stop]) + 5}{text[stop:]}")


def add_labels_of_new_sessions(study):
    header, one = (study / CABINET).read_text().splitlines()[:3], "labeled-data/new/0.png"
    (study / "datasets/cabinet/labeled-data/new").mkdir()
    cv2.imwrite(str(study / "datasets/cabinet" / one), np.zeros((120, 160, 3), np.uint8))
    cells = ["10"] * (len(header[-1].split(",")) - 1)
    rows = [*header, ",".join([one, *cells])]
    (study / "datasets/cabinet/CollectedData_new.csv").write_text("\n".join(rows) + "\n")


def replace_a_picture(study):
    picture = next((study / "datasets/burrow/images").rglob("*.*"))
    dates = picture.stat()
    cv2.imwrite(str(picture), 255 - cv2.imread(str(picture)))
    os.utime(picture, ns=(dates.st_atime_ns, dates.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        correct_a_label,
        correct_a_label_in_a_document,
        add_labels_of_new_sessions,
        replace_a_picture,
    ],
)
def test_changed_labels_are_converted_and_learned_again(workflow, study, with_what_follows, change):
    change(study)
    result = planned(run_snakemake(workflow, study, "-n"))
    assert result["convert_dataset"] == 1
    assert set(result) == with_what_follows("convert_dataset")


def add_stray_files(study):
    (study / "datasets/cabinet/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (study / "datasets/burrow/notes.txt").write_text("mouse 3 was tired\n")
    (study / "datasets/cabinet/training-datasets").mkdir()
    (study / "datasets/cabinet/training-datasets/CollectedData.csv").write_text("x\n")


def touch_inputs_and_add_stray_files(study):
    add_stray_files(study)
    for path in (study / "raw").iterdir():
        os.utime(path)
    for path in (study / "datasets").rglob("*"):
        os.utime(path)


def name_the_video_by_its_whole_path(study):
    sheet = study / "config/videos.tsv"
    sheet.write_text(sheet.read_text().replace("raw/mouse.mp4", str(study / "raw/mouse.mp4")))


def move_the_video_to_another_disk(study):
    disk = study.with_name("disk")
    disk.mkdir()
    shutil.move(study / "raw/mouse.mp4", disk / "renamed.mp4")
    sheet = study / "config/videos.tsv"
    sheet.write_text(sheet.read_text().replace("raw/mouse.mp4", str(disk / "renamed.mp4")))


def move_a_data_set_to_another_disk(study):
    disk = study.with_name("disk")
    disk.mkdir()
    shutil.move(study / "datasets/cabinet", disk / "cabinet")
    sheet = study / "config/datasets.tsv"
    sheet.write_text(sheet.read_text().replace("datasets/cabinet", str(disk / "cabinet")))


def delete_what_is_no_product(study):
    folder = study / "results/videos/mouse"
    for name in ("predicted", "adapted"):
        shutil.rmtree(folder / name)
    (folder / "boxes.parquet").unlink()
    (folder / "frames.parquet").unlink()


@pytest.mark.parametrize(
    "change",
    [
        touch_inputs_and_add_stray_files,
        name_the_video_by_its_whole_path,
        delete_what_is_no_product,
    ],
)
def test_what_changes_no_content_reruns_nothing(workflow, study, change):
    change(study)
    assert plan(workflow, study) == set()


def test_a_moved_video_is_the_same_video(workflow, study):
    move_the_video_to_another_disk(study)
    assert plan(workflow, study) <= {"check_video", *COHORT}  # which tell its file's name


def test_a_moved_data_set_is_the_same_and_its_pictures_are_found(workflow, study):
    move_a_data_set_to_another_disk(study)
    assert plan(workflow, study) == set()
    target = "results/datasets/cabinet/pictures.parquet"
    before = (study / target).read_bytes()
    result = run_snakemake(workflow, study, "--forcerun", "fingerprint_pictures", "--", target)
    assert result.returncode == 0, result.stdout[-3000:]
    assert len((study / target).read_bytes()) == len(before)


def write_gray_video(path):
    write_video(iter([np.full((240, 320, 3), 90, np.uint8)] * 40), path, 50.0)


def test_a_video_that_was_replaced_by_an_older_one_is_another(workflow, study):
    video = study / "raw/mouse.mp4"
    write_gray_video(video)
    os.utime(video, (1577836800, 1577836800))  # 2020
    assert plan(workflow, study) == VIDEO | COHORT


def test_a_moved_study_goes_on_where_it_was(workflow, study, tmp_path):
    moved = study.rename(tmp_path / "renamed study")
    assert plan(workflow, moved) == set()
    target = "results/datasets/burrow/pictures.parquet"
    result = run_snakemake(workflow, moved, "--forcerun", "fingerprint_pictures", "--", target)
    assert result.returncode == 0, result.stdout[-3000:]


def test_a_copy_without_dates_goes_on_where_the_study_was(workflow, study, tmp_path):
    copy = shutil.copytree(study, tmp_path / "copy", copy_function=shutil.copyfile)
    result = run_snakemake(workflow, copy, "-n")
    assert planned(result) == {}
    assert "This study was copied without dates" in result.stdout
    assert "copied without dates" not in run_snakemake(workflow, copy, "-n").stdout


def test_no_path_of_a_disk_is_in_a_result(finished_study):
    for file in (finished_study / "results").rglob("*"):
        assert not file.is_symlink()
        if file.is_file():
            assert str(finished_study).encode() not in file.read_bytes(), file
    assert (
        b"raw/mouse.mp4" not in (finished_study / "results/videos/mouse/quality.json").read_bytes()
    )


@pytest.mark.parametrize(
    ("deleted", "jobs"),
    [
        ("videos/mouse", VIDEO | COHORT),
        (
            "videos/mouse/bouts.parquet",
            {"describe_behavior", "check_video", "compare_truth", "label_video"} | COHORT,
        ),
        ("videos/mouse/labeled.mp4", {"label_video", "judge_run", "all"}),
        ("videos/mouse/quality.json", {"check_video"} | COHORT),
        ("tables", COHORT),
        ("tables/videos.parquet", COHORT),
        ("tables/poses.parquet", COHORT),
        ("report/index.html", {"report", "judge_run", "all"}),
    ],
)
def test_deleted_products_are_made_again(workflow, study, deleted, jobs):
    path = study / "results" / deleted
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert plan(workflow, study) == jobs


def test_a_failed_training_and_a_failed_conversion_leave_the_old_results(workflow, study, sabotage):
    member = study / "results/models/mouse/member-0"
    before = (member / "weights.safetensors").read_bytes()
    change_setting(study, "training.weight_decay", 0.02)
    plan = sabotage("superanimal_core.jobs.member_training fit_resumably member-0 raise")
    result = run_snakemake(workflow, study, "--", str(member.relative_to(study)), sabotage=plan)
    assert result.returncode == 1
    assert (member / "weights.safetensors").read_bytes() == before
    assert "no backup found" not in result.stdout

    labels = study / "results/datasets/cabinet/labels.parquet"
    before = labels.read_bytes()
    (study / CABINET).write_text("no table\n")
    result = run_snakemake(workflow, study, "--", str(labels.relative_to(study)))
    assert result.returncode == 1
    assert "CollectedData.csv" in result.stdout
    assert labels.read_bytes() == before


def test_copies_that_a_killed_run_left_stop_nothing(workflow, study):
    backup = study / ".snakemake/backups/results/models/mouse/member-0"
    backup.mkdir(parents=True)
    (backup / "weights.safetensors").write_text("half")
    change_setting(study, "training.weight_decay", 0.02)
    result = run_snakemake(workflow, study, "--", "results/models/mouse/member-0")
    assert result.returncode == 0, result.stdout[-3000:]


def test_the_program_of_another_clone_is_refused(study, workflow, tmp_path):
    clone = copy_workflow(tmp_path / "clone")
    shutil.rmtree(clone / "superanimal_core")  # so that the other one is found
    result = run_snakemake(clone, study, "-n")
    assert result.returncode == 1
    assert "not the package beside the Snakefile" in result.stdout
    assert str(clone) in result.stdout
    assert Path(str(clone)).exists()


def test_the_same_study_gives_the_same_tables(workflow, finished_study, tmp_path):
    again = write_tiny_study(tmp_path / "again")
    result = run_snakemake(workflow, again)
    assert result.returncode == 0, result.stdout[-3000:]
    tables = sorted((finished_study / "results").rglob("*.parquet"))
    assert len(tables) > 20
    for table in tables:
        own = again / table.relative_to(finished_study)
        assert pq.read_table(own).to_pandas().equals(pq.read_table(table).to_pandas()), own


def test_a_job_that_failed_is_made_by_the_next_run(workflow, study, sabotage):
    change_setting(study, "audit.box_margin", 0.4)
    due = plan(workflow, study)
    reads = "superanimal_core.tables.label_files read_labels"
    broken = sabotage(f"{reads} cabinet raise")
    result = run_snakemake(workflow, study, "--until", "audit_dataset", sabotage=broken)
    assert "Restored previous version of results/datasets/cabinet/audit.parquet" in result.stdout
    assert plan(workflow, study) == due
    _, *told = failed_lines(study)
    both = [f"  logs/audit_dataset/{name}.log: " for name in ("burrow", "cabinet")]
    assert told == [f"{log}RuntimeError: sabotaged cabinet" for log in both]
    result = run_snakemake(workflow, study, "--until", "audit_dataset")
    assert result.returncode == 0
    assert failed_lines(study) == []


def test_the_pages_command_runs_in_a_folder_with_blanks(workflow, fresh_study, tmp_path):
    study = fresh_study.rename(tmp_path / "my study")
    python, snakefile = (
        os.path.relpath(p, study) for p in (sys.executable, workflow / "Snakefile")
    )
    target = "results/videos/mouse/frames.parquet"
    line = f"{python} -P -m snakemake --snakefile {snakefile} --cores 1 {target}"
    told = {"env": environment(workflow), "capture_output": True, "text": True, "check": False}
    result = subprocess.run(line, shell=True, cwd=study, **told)
    assert result.returncode == 0, result.stderr[-3000:]
    assert (study / target).is_file()


# columns of features that settings or the sheet ask for; tests/behavior has them
ASKED_FOR = re.compile("|".join([*FEATURE_GROUPS, "zone_", "border_"]))
# a target of its own, of a model that is a student, or of a section that is empty as shipped
ON_REQUEST = {"transfer", "adaptation", "lessons", "students", "groups", "classifier"}
ON_REQUEST |= {"classified frames", "classified bouts", "classified videos"}


def written_tables(study):
    """Names of tables with one file of each, found by its path."""
    for name, table in ALL.items():
        paths = (study / "results").glob(re.sub(r"{\w+}", "*", table.path))
        if found := next(iter(sorted(paths)), None):
            yield name, found


def test_every_column_is_explained_and_every_explained_column_is_there(finished_study):
    users = {"subject"}
    names = []
    for name, path in written_tables(finished_study):
        columns, known = pq.read_schema(path).names, ALL[name].columns
        pattern = "|".join(re.escape(c).replace("<keypoint>", r"\w+") for c in known)
        endings = "|".join(ENDINGS)
        told = re.compile(rf"({pattern})({endings})*")
        assert [c for c in columns if not told.fullmatch(c) and c not in users] == [], name
        bare = {re.sub(rf"({endings})+$", "", c) for c in columns} | {*columns}
        asked = {c for c in known if not ASKED_FOR.match(c)}
        assert {c for c in asked if "<" not in c} <= bare, name
        names.append(name)
    assert set(ALL) - {*names} == ON_REQUEST


def test_the_users_columns_cannot_have_the_names_of_ours(finished_study):
    for name in (*OF_VIDEO, "quality", "videos"):
        if name in WITHOUT_USER_COLUMNS:
            continue
        ours = ALL[name].columns
        assert {base_name(column) for column in ours} <= COLUMNS, name
