"""`status` and `why`, on results that are written as the rules write them."""

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path

import pyarrow as pa
import pytest

from superanimal_core.__main__ import main
from superanimal_core.commands.progress import STAGES
from superanimal_core.jobs.run_owner import RECORD, write_owner
from superanimal_core.tables.names import OF_VIDEO
from superanimal_core.tables.parquet import write_failure, write_parquet

RULES = Path(__file__).resolve().parents[2] / "workflow/rules"
SPACE = "superanimal_topviewmouse"
LIMITS = {
    "min_score": 0.5,
    "max_absent_fraction": 0.2,
    "max_dropped_fraction": 0.67,
    "max_expected_error": 0.1,
    "max_extrapolated_fraction": 0.25,
    "max_gap_s": 0.5,
}
TABLES = [f"{name}.parquet" for name in OF_VIDEO]  # what a video is processed for
FIGURES = {
    "absent_fraction": 0.4,
    "dropped_fraction": 0.1,
    "expected_error_of_size": float("nan"),
    "extrapolated_fraction": 0.1,
    "longest_gap_s": 0.25,
    "keypoints_seen": 20,
}


@pytest.fixture
def study(tmp_path):
    """Six videos: nothing, half way, ok, flagged, one that could not be read, one failed midway."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text(
        f"models:\n  mouse:\n    space: {SPACE}\n    seeds: [0, 7]\n"
    )
    names = ("new", "half", "good", "doubtful", "torn", "empty")
    (tmp_path / "config/videos.tsv").write_text("path\n" + "".join(f"{n}.mp4\n" for n in names))
    results = tmp_path / "results"
    (results / "models/mouse/member-7").mkdir(parents=True)
    (results / "models/mouse/member-7/bundle.json").touch()
    (results / "models/mouse/member-0").mkdir()  # its training has begun
    make_results(results / "videos/half", "frames.parquet", "boxes.parquet")
    make_results(results / "videos/good", *STAGES.values(), *TABLES)
    write_account(results / "videos/good", "ok")
    make_results(results / "videos/doubtful", *TABLES)  # the others were deleted
    write_account(results / "videos/doubtful", "flagged", ["no animal in 4 of 10 frames"])
    torn = failure("probe_video", "torn.mp4 is torn")
    write_failure(results / "videos/torn/frames.parquet", torn)
    empty = failure("predict_poses", "no animal was found")
    make_results(results / "videos/empty", "frames.parquet")
    write_failure(results / "videos/empty/boxes.parquet", empty)
    write_failure(results / "videos/empty/adapted", empty)
    return tmp_path


def failure(stage, reason):
    return {"failure": {"stage": stage, "reason": reason}}


def make_results(folder, *names):
    for name in names:
        if name.endswith(".parquet"):
            write_parquet(pa.table({"frame": [0]}), folder / name, {})
        elif not name.endswith(".json"):
            (folder / name).mkdir(parents=True)


def write_account(folder, status, flags=(), **more):
    account = {"video": folder.name, "file": f"{folder.name}.mp4", "status": status}
    account |= {"stage": "", "reason": "; ".join(flags), "flags": list(flags), "figures": FIGURES}
    account |= {"smoother": "eks (20)", "adaptation": [], "absences": []}
    account |= {"made_by": {"settings": {"quality": LIMITS}}} | more
    (folder / "quality.json").write_text(json.dumps(account))


def printed(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def rows_of(text):
    """The figures of each row of the tables, by its name."""
    rows = [line.split() for line in text.splitlines()]
    return {
        row[0]: [*map(int, row[1:])]
        for row in rows
        if len(row) > 1 and all(cell.isdigit() for cell in row[1:])
    }


def test_every_stage_is_counted_as_the_files_say(study, capsys):
    text = printed(capsys, "status", study)
    assert rows_of(text) == {  # done, failed, left
        "mouse": [1, 1],
        "probe_video": [4, 1, 1],
        "predict_poses": [3, 1, 1],
        "adapt_to_video": [2, 0, 2],
        "smooth_poses": [2, 0, 2],
        "measure_gait": [2, 0, 2],
        "describe_behavior": [2, 0, 2],
        "check_video": [2, 0, 2],
    }
    assert "mouse, detector          0     1" in text
    assert "classifiers" not in text
    assert "groups" not in text
    assert "videos 6: ok 1, flagged 1, failed 2, not finished 2" in text
    assert "torn: probe_video: torn.mp4 is torn" in text
    assert "empty: predict_poses: no animal was found" in text
    assert text.startswith("no run of this study")
    assert text.endswith("no report yet\n")


def test_classifiers_and_groups_are_told(study, capsys):
    more = "classifiers: { named: { rearing: { labels: x.tsv, behaviors: [rear] } } }\n"
    with (study / "config/config.yaml").open("a") as config:
        config.write(more + "groups: { column: group }\n")
    text = printed(capsys, "status", study)
    assert "\nclassifiers       learned  videos\nrearing                no       0\n" in text
    assert "\ngroups: not compared yet\n" in text
    results = study / "results"
    (results / "classifiers/rearing").mkdir(parents=True)
    (results / "classifiers/rearing/classifier.json").touch()
    make_results(results / "videos/good/classified/rearing", "bouts.parquet")
    make_results(results / "groups", "comparison.parquet")
    text = printed(capsys, "status", study)
    assert "\nrearing               yes       1\n" in text
    assert "\ngroups: compared\n" in text


def test_a_failed_video_counts_the_same_once_it_has_its_account(study, capsys):
    before = rows_of(printed(capsys, "status", study))
    folder = study / "results/videos/empty"
    for name in ("poses", "gait", "features"):
        write_failure(folder / f"{name}.parquet", failure("predict_poses", "no animal was found"))
    write_account(folder, "failed", stage="predict_poses", reason="no animal was found")
    assert rows_of(printed(capsys, "status", study)) == before


def test_without_adaptation_its_stage_is_not_counted(study, capsys):
    with (study / "config/config.yaml").open("a") as config:
        config.write("adaptation: { enabled: false }\n")
    assert "adapt_to_video" not in printed(capsys, "status", study)


def test_brought_predictions_have_no_table_of_networks(study, capsys):
    assert "networks  " in printed(capsys, "status", study)
    model = f"{{ predictions: {{ format: deeplabcut, space: {SPACE} }} }}"
    (study / "config/config.yaml").write_text(f"models: {{ theirs: {model} }}\n")
    sheet = study / "config/videos.tsv"
    (study / "p.csv").touch()
    rows = sheet.read_text().splitlines()[1:]
    sheet.write_text("path\tpredictions\n" + "".join(f"{row}\tp.csv\n" for row in rows))
    lines = printed(capsys, "status", study).splitlines()
    assert not any(line.startswith("networks") for line in lines)
    assert lines[2].startswith("videos ")


def test_a_study_that_was_never_run_has_all_left(study, capsys):
    (study / "results").rename(study / "elsewhere")
    rows = rows_of(printed(capsys, "status", study))
    assert rows.pop("mouse") == [0, 2]
    assert set(map(tuple, rows.values())) == {(0, 0, 6)}


def test_what_keeps_the_next_run_from_beginning_is_told(study, capsys):
    """A row that is left out is in no other figure: 5 of 6 videos would look like all."""
    sheet = study / "config/videos.tsv"
    for name in ("new", "half", "good", "doubtful", "torn", "empty"):
        (study / f"{name}.mp4").touch()
    assert "to mend" not in printed(capsys, "status", study)
    (study / "else").mkdir()
    (study / "else/good.mp4").touch()
    sheet.write_text(sheet.read_text() + "else/good.mp4\n")
    *_, count, first, _report = printed(capsys, "status", study).splitlines()
    assert count.startswith("1 to mend before the next run (")
    assert "row 8" in first
    assert "good" in first


def test_a_training_tells_how_far_it_is_by_its_log(study, capsys):
    logs = study / "logs/pretrain"
    logs.mkdir(parents=True)
    for seed in (0, 7):  # 7 is there already
        (logs / f"mouse-{seed}.log").write_text(f"1/9 steps\n\n{seed + 2}/9 steps, loss ä\n\n")
    hour_ago = (logs / "mouse-0.log").stat().st_mtime - 3600
    os.utime(logs / "mouse-0.log", (hour_ago, hour_ago))
    text = printed(capsys, "status", study)
    assert "  mouse, member-0: 2/9 steps, loss ä (60 minutes ago)" in text.splitlines()
    assert "member-7" not in text


def test_a_run_that_goes_on_or_has_died_is_told(study, capsys, monkeypatch):
    monkeypatch.setenv("SUPERANIMAL_COMMAND", "./superanimal")
    locks = study / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.input.lock").touch()
    text = printed(capsys, "status", study)
    assert f"{study} is locked since" in text
    assert f"./superanimal run {study} -- --unlock" in text
    write_owner(study)
    record = json.loads((study / RECORD).read_text())
    (study / RECORD).write_text(json.dumps(record | {"born": "1"}))
    first = printed(capsys, "status", study).splitlines()[0]
    assert first.startswith(f"the run of {record['user']}, process {os.getpid()} on ")
    assert first.endswith(f"has died; this goes on: ./superanimal run {study}")


def test_a_stage_that_goes_on_tells_how_fast_and_how_long_still(study, capsys):
    snakemake = study / ".snakemake"
    (snakemake / "locks").mkdir(parents=True)
    (snakemake / "incomplete").mkdir()
    lock = snakemake / "locks/0.input.lock"
    lock.touch()
    os.utime(lock, (1, 1))
    mark = urlsafe_b64encode(b"results/videos/new/boxes.parquet").decode()
    (snakemake / "incomplete" / mark).touch()
    (study / "logs/predict_poses").mkdir(parents=True)
    (study / "logs/predict_poses/new.log").write_text("50/100 frames, 0.5/s, 100 s left\n")
    (row,) = [r for r in printed(capsys, "status", study).splitlines() if r.startswith("predict_")]
    assert row.split("   ")[-1] == "1 running, 18 an hour, 1.67 min left"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_a_rule_that_makes_the_file_looked_for(stage):
    rule = (RULES / f"{stage}.smk").read_text()
    assert f'"results/videos/{{video}}/{STAGES[stage]}"' in rule.split("output:")[1]


def test_why_names_the_figure_its_limit_and_the_setting(study, capsys):
    lines = printed(capsys, "why", study, "doubtful").splitlines()
    assert lines[0] == "doubtful (doubtful.mp4): flagged"
    assert lines[1] == "  1. no animal in 4 of 10 frames"
    passed = [line.split() for line in lines if line.startswith("!")]
    assert [row[-4:] for row in passed] == [["0.4", "limit", "0.2", "quality.max_absent_fraction"]]
    (unknown,) = [line for line in lines if "quality.max_expected_error" in line]
    assert "not known" in unknown
    assert sum("limit" in line for line in lines) == len(LIMITS) + 1


def test_why_lists_absences_the_longest_first(study, capsys):
    absences = [{"frames": n, "first_s": n * 1.0, "last_s": n + 0.5} for n in range(1, 13)]
    write_account(study / "results/videos/good", "ok", absences=absences)
    text = printed(capsys, "why", study, "good")
    assert "nothing speaks against it; how large its errors are, no labels tell\n" in text
    figures = FIGURES | {"expected_error_of_size": 0.05}
    make_results(study / "results/videos/half", *TABLES)
    write_account(study / "results/videos/half", "ok", figures=figures)
    assert "nothing speaks against it\n" in printed(capsys, "why", study, "half")
    told = text.split("Without a pose:\n")[1].splitlines()
    assert told[0] == "  12.00 to 12.50 s, 12 frames"
    assert told[10] == "  and 2 shorter ones"


def test_why_tells_of_videos_that_are_not_through(study, capsys):
    assert "torn.mp4 is torn" in printed(capsys, "why", study, "torn")
    half = printed(capsys, "why", study, "half")
    assert "not finished; done: probe_video, predict_poses" in half
    assert "done: nothing" in printed(capsys, "why", study, "new")


def test_a_misspelt_video_is_told_the_nearest_name(study, capsys):
    assert main(["why", str(study), "doubtfull"]) == 1
    assert "did you mean 'doubtful'?" in capsys.readouterr().err


def test_an_account_that_cannot_be_read_is_told_with_its_file(study, capsys):
    account = study / "results/videos/good/quality.json"
    account.write_text("{")
    assert main(["why", str(study), "good"]) == 1
    assert f"{account}: cannot be read" in capsys.readouterr().err


def test_files_that_cannot_be_read_hide_no_other_video(study, capsys):
    """As a disk may leave them: an account, a table, and what stands for a failed video."""
    videos = study / "results/videos"
    (videos / "good/quality.json").write_text("")
    (videos / "half/boxes.parquet").write_bytes(b"")
    (videos / "empty/adapted/failure.json").write_text("{")
    told = printed(capsys, "status", study)
    assert "videos 6: ok 0, flagged 1, failed 1, damaged 3, not finished 1" in told
    assert "  torn: probe_video: torn.mp4 is torn" in told
    for name in ("good/quality.json", "half/boxes.parquet", "empty/adapted/failure.json"):
        video = name.partition("/")[0]
        [line] = [each for each in told.splitlines() if each.startswith(f"  {video}: ")]
        assert str(videos / name) in line
        assert "delete it and run again" in line
    assert main(["why", str(study), "half"]) == 1
    assert "boxes.parquet: not a table of ours" in capsys.readouterr().err


def test_the_limits_that_are_named_are_settings():
    from superanimal_core.commands.why import LIMITS as SHOWN
    from superanimal_core.settings import Settings

    for _, setting, _ in SHOWN.values():
        section = Settings
        for key in setting.split("."):
            section = section.model_fields[key].annotation
