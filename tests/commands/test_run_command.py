"""`run` is Snakemake with the right files: what it becomes, what it passes on, what it refuses."""

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import pytest

from superanimal_core.__main__ import main
from superanimal_core.commands import released_to_fetch, room, run
from superanimal_core.commands.study_folder import CALLED
from superanimal_core.jobs.run_owner import RECORD, START, _born, write_owner
from superanimal_core.jobs.thread_counts import NUMEXPR, OPENMP
from superanimal_core.study.dates import keep_dates

ROOT = Path(__file__).resolve().parents[2]
EACH = ["--snakefile", str(ROOT / "Snakefile"), "--directory"]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """The folder of a study, as the working directory; no profile is installed."""
    (tmp_path / "config").mkdir()
    model = "{ predictions: { format: deeplabcut, space: superanimal_topviewmouse } }"
    (tmp_path / "config/config.yaml").write_text(f"models: {{ theirs: {model} }}\n")
    (tmp_path / "config/videos.tsv").write_text("path\tpredictions\nm.mp4\tm.csv\n")
    for name in ("m.mp4", "m.csv"):
        (tmp_path / name).touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def become(monkeypatch):
    """What the process would have become."""
    commands = []
    monkeypatch.setattr(run.os, "execv", lambda program, command: commands.append(command))
    return commands


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("run", ". --cores all"),
        ("run {study}", "{study} --cores all"),
        ("run -- -n", ". --cores all -n"),
        ("run {study} -- -n --until a", "{study} --cores all -n --until a"),
        ("run -- --cores 3", ". --cores 3"),
        ("run -- --cores=3", ". --cores=3"),
        ("run -- -c3", ". -c3"),
        ("run -- -j 3 -- results/x", ". -j 3 -- results/x"),
        ("run -- --config a=b", ". --cores all --config a=b"),
        ("run -- --profile mine", ". --profile mine"),
        ("run --slurm", ". --profile {root}/profiles/slurm"),
        ("run -- --list-rules", ". --cores all --list-rules"),
    ],
)
def test_it_becomes_the_plain_command_that_it_prints(study, become, capsys, typed, expected):
    names = {"study": study, "root": ROOT}
    assert main(typed.format(**names).split()) == 0
    (command,) = become
    at = command.index("--snakefile")
    assert command[at:] == [*EACH, *expected.format(**names).split()]
    assert shlex.split(capsys.readouterr().err) == command


def test_an_installed_profile_comes_before_the_shipped_one(study, become):
    (study / "home/snakemake/slurm").mkdir(parents=True)
    main(["run", "--slurm"])
    assert become[0][-2:] == ["--profile", str(study / "home/snakemake/slurm")]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("run nowhere", "nowhere is no folder"),
        ("run home", "home has no config/config.yaml, so it is no study"),
        ("run config", "name the folder above it"),
    ],
)
def test_what_is_no_study_is_told_in_one_sentence(study, become, capsys, typed, told):
    (study / "home").mkdir()
    assert main(typed.split()) == 1
    assert told in capsys.readouterr().err
    assert not become


def test_mistakes_of_a_study_are_told_before_snakemake_starts(study, become, capsys):
    (study / "m.mp4").unlink()
    assert main(["run"]) == 1
    assert "run: config/videos.tsv: row 2: m.mp4 does not exist" in capsys.readouterr().err
    assert not become
    assert main(["run", "--", "--config", "videos=other.tsv"]) == 0  # of which we know nothing
    assert main(["run", "--", "--list-rules"]) == 1
    assert len(become) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("videos.tsv", "path\ngone.mp4\n"), ("config.yaml", "models: [\n")]
)
def test_a_mistake_in_the_study_keeps_no_lock(study, name, text):
    (study / "config" / name).write_text(text)
    (study / ".snakemake/locks").mkdir(parents=True)
    lock = study / ".snakemake/locks/0.output.lock"
    lock.write_text("results/report/index.html\n")
    command = [sys.executable, "-m", "superanimal_core", "run", ".", "--", "--unlock"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert not lock.exists()


def test_a_second_run_is_told_whose_the_first_is_before_snakemake_starts(study, become, capsys):
    (study / ".snakemake/locks").mkdir(parents=True)
    lock = study / ".snakemake/locks/0.output.lock"
    lock.write_text("results/report/index.html\n")
    write_owner(study)
    for rest in ([], ["--", "--cores", "2"]):
        assert main(["run", *rest]) == 1
        (told,) = capsys.readouterr().err.splitlines()
        assert f"process {os.getpid()} on" in told
        assert "is running" in told
    assert not become
    record = json.loads((study / RECORD).read_text())
    (study / RECORD).write_text(json.dumps(record | {"born": "1", "boot": "another"}))
    for file in (lock, study / RECORD):
        os.utime(file, (1e9, 1e9))  # before this machine was started
    assert main(["run"]) == 1
    told = capsys.readouterr().err
    assert "has died" in told
    assert "To go on: superanimal run . -- --unlock and start again" in told
    for rest in ("--unlock", "-n", "--summary"):
        assert main(["run", "--", rest]) == 0
    assert len(become) == 3


def test_a_run_goes_on_after_one_that_has_died_here(study, become, capsys):
    (study / ".snakemake/locks").mkdir(parents=True)
    lock = study / ".snakemake/locks/0.output.lock"
    lock.write_text("results/report/index.html\n")
    write_owner(study)
    record = json.loads((study / RECORD).read_text())
    (study / RECORD).write_text(json.dumps(record | {"born": "1"}))
    assert main(["run", "--", "-n"]) == 0
    assert lock.exists()
    assert main(["run"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert f"goes on after the run of {record['user']}, process {os.getpid()} on" in told[1]
    assert not lock.exists()
    assert len(become) == 2


def test_a_second_run_is_told_of_the_first_before_that_has_locked(study, become, capsys):
    first = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        assert main(["run"]) == 0
        record = json.loads((study / START).read_text())
        assert record["process"] == os.getpid()  # which becomes Snakemake
        born = _born(first.pid)
        (study / START).write_text(json.dumps(record | {"process": first.pid, "born": born}))
        capsys.readouterr()
        assert main(["run"]) == 1
        (told,) = capsys.readouterr().err.splitlines()
        assert told.startswith(f"run: {study} is run since")
        assert f"process {first.pid} on" in told
        for rest in ("-n", "--unlock"):
            assert main(["run", "--", rest]) == 0
    finally:
        first.kill()
        first.wait()
    assert main(["run"]) == 0
    assert len(become) == 4


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("part", [".", ".snakemake", "results", "logs", "temporary"])
def test_a_disk_that_takes_nothing_is_told_before_snakemake_starts(
    study, become, capsys, monkeypatch, part, number
):
    for name in (".snakemake", "results", "logs", "temporary"):
        (study / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(study / "temporary"))
    synced = os.fsync

    def sync(file):
        """As file servers do, which say it at last."""
        if Path(os.readlink(f"/proc/self/fd/{file}")).parent == (study / part).resolve():
            raise OSError(number, os.strerror(number))
        synced(file)

    monkeypatch.setattr(os, "fsync", sync)
    assert main(["run"]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    folder = (study / part).resolve()
    if number == errno.EIO:
        assert told.startswith(f"run: {folder} takes no files (Input/output error); run again")
    else:
        assert told.startswith(f"run: the disk of {folder} is full: ")
        assert " MB are free (or a quota is used up); make room" in told
    assert ("TMPDIR" in told) == (part == "temporary")
    assert not become
    assert main(["run", "--", "-n"]) == 0
    monkeypatch.setattr(os, "fsync", synced)
    assert main(["run"]) == 0


@pytest.mark.parametrize("number", [0, errno.EDQUOT])
def test_nothing_is_left_of_what_is_written_on_trial(tmp_path, monkeypatch, number):
    """Also where a file must have a name (file servers), and where it is told at last."""
    monkeypatch.setattr(tempfile, "_O_TMPFILE_WORKS", False, raising=False)
    if number:
        told = OSError(number, os.strerror(number))
        monkeypatch.setattr(os, "fsync", mock.Mock(side_effect=told))
    assert bool(room.why_not_written(tmp_path)) == bool(number)
    assert not os.listdir(tmp_path)


def test_results_that_snakemake_knows_nothing_of_are_not_made_again(study, become, capsys):
    """As after `cp -r study/* copy`: without their dates, trainings of days would be repeated."""
    (study / "results/models").mkdir(parents=True)
    assert main(["run"]) == 0
    become.clear()
    capsys.readouterr()
    (study / "results/models/a.json").touch()
    assert main(["run"]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("run: results/ is there, but not what Snakemake knows of it")
    assert told.endswith(": superanimal run . -- --touch --forceall")
    assert not become
    for rest in ("-n", "--touch", "-np", "--dry", "--list-target-rules", "-j4 --unlock"):
        assert main(["run", "--", *rest.split()]) == 0
    keep_dates(study)
    assert len(become) == 6
    for rest in (
        "-p",
        "-q",
        "--verbose",
        "--nolock",
        "-j4",
        "--report-after-run",
        "-Fk",
        "-c1 -- all",
    ):
        assert main(["run", "--", *rest.split()]) == 1
    assert main(["run"]) == 1
    (study / "results/models/a.json").unlink()
    keep_dates(study)  # as the first run does
    (study / "results/models/a.json").touch()
    assert main(["run"]) == 0


@pytest.mark.parametrize("closed", [".", "results", ".snakemake"])
def test_a_folder_that_cannot_be_written_is_told(study, become, capsys, monkeypatch, closed):
    for name in ("results", ".snakemake"):
        (study / name).mkdir()

    def allowed(path, mode, **_):
        return mode != os.W_OK or Path(path).resolve() != (study / closed).resolve()

    monkeypatch.setattr(room.os, "access", allowed)  # tests may be run by root, who may do all
    assert main(["run"]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"run: {(study / closed).resolve()} cannot be written by you; copy the")
    assert not become
    (study / closed).chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: study.stat().st_uid + 1)  # of one's group
    assert main(["run"]) == 1
    told = capsys.readouterr().err
    assert f"{(study / closed).resolve()} is {study.owner()}'s: ask {study.owner()} for" in told
    assert f"`chmod -R g+w {study.resolve()}`" in told
    assert not become
    assert main(["run", "--", "-n"]) == 0


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ("results/datasets/labs/audit.parquet", "no data set 'labs' in config/datasets.tsv"),
        ("results/models/their/calibration.json", "no model 'their' in config/config.yaml; did"),
        (
            "./results/videos/m2/poses.parquet",
            "no video 'm2' in config/videos.tsv; did you mean 'm'?",
        ),
        ("results/videos/m/quality.json", ""),
        ("results/models/theirs/calibration.json", ""),
        ("results/datasets/coverage.parquet", ""),
        ("results/report/index.html", ""),
    ],
)
def test_a_result_of_what_is_not_there_is_told_before_snakemake_starts(
    study, become, capsys, result, told
):
    assert main(["run", str(study), "--", "-n", "results/videos/m/quality.json", result]) == bool(
        told
    )
    assert told in capsys.readouterr().err
    assert bool(become) == (not told)


def test_options_of_snakemake_in_the_wrong_place_are_told_the_right_one(study, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", "-n"])
    assert ended.value.code == 2
    assert "unrecognized arguments: -n; Snakemake's own stand after --" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("run . m", "m{alone} -- {m}\n"),
        ("run . m x", "m x{alone} -- {m} x\n"),
        ("run . -n m", "-n m{alone} -- {m} -n\n"),
        ("run . m --cores 2", "m --cores 2{alone} -- {m} --cores 2\n"),
        ("run . -R report m", "-R report m{alone} -- {m} -R report\n"),
        ("run . m --slurm -- -n", "m{alone} --slurm -- {m} -n\n"),
        ("run --failed . m -k", "m -k{alone} --failed -- {m} -k\n"),
        ("run . -k --fail", "-k --fail; did you mean --failed?\n"),
        ("run . m --fail", "m --fail; did you mean --failed?\n"),
        ("run . --sl --fail", "--sl --fail; did you mean --slurm or --failed?\n"),
        ("--slurm run .", "--slurm; options stand behind the command\n"),
        ("--failed run . -- -n", "--failed; options stand behind the command\n"),
        ("-v -k run .", "-v -k; options stand behind the command\n"),
        ("-- run .", "--; options stand behind the command\n"),
        ("--study . status", "--study; options stand behind the command\n"),
        ("run . x", "x; Snakemake's own stand after --\n"),
        ("run nowhere m", "m; Snakemake's own stand after --\n"),
        ("run . --fail", "--fail; did you mean --failed?\n"),
        ("run . --slur -n", "--slur -n; did you mean --slurm?\n"),
        ("run . --vid=raw", "--vid=raw; did you mean --videos?\n"),
        ("run . --cores 2", "--cores 2; Snakemake's own stand after --\n"),
        ("status . --fail", "--fail\n"),
        ("init new --specie mouse", "--specie mouse; did you mean --species?\n"),
    ],
)
def test_nothing_starts_with_what_is_no_option_and_the_way_on_is_told(
    study, become, capsys, monkeypatch, typed, told
):
    monkeypatch.delenv(CALLED, raising=False)
    with pytest.raises(SystemExit) as ended:
        main(typed.split())
    assert ended.value.code == 2
    alone = "; to run a video alone: superanimal run ."
    told = told.format(m="results/videos/m/quality.json", alone=alone)
    assert f"unrecognized arguments: {told}" in capsys.readouterr().err
    assert not become


@pytest.mark.parametrize("none", ["--cores 0", "-c0", "-j 0", "--jobs=0"])
def test_no_cores_are_told_before_anything_is_made(study, become, capsys, none):
    typed = f"run new --videos raw --model superanimal_quadruped -- {none}"
    assert main(typed.split()) == 1
    told = f"run: with {none} no job ever begins; give at least 1, or leave it out for all cores\n"
    assert capsys.readouterr().err == told
    assert not (study / "new").exists()
    assert main(["run", "--", *none.split(), "-n"]) == 0  # as Snakemake takes it
    assert len(become) == 1


def test_no_cores_are_no_mistake_where_a_profile_says_how_many(study, become, monkeypatch):
    monkeypatch.delenv(run.PROFILE, raising=False)
    assert main(["run", "--slurm", "--", "--cores", "0"]) == 0
    assert main(["run", "--", "-j", "8", "-c", "0"]) == 0
    assert main(["run", "--", "-j", "0"]) == 1
    monkeypatch.setenv(run.PROFILE, "mine")
    assert main(["run", "--", "-j", "0"]) == 0
    assert len(become) == 3


def test_the_plain_command_says_what_numexpr_is_told(study, become, capsys, monkeypatch):
    monkeypatch.setenv(NUMEXPR, "")
    for openmp, begins in (("4,2", f"{NUMEXPR}=4 {sys.executable}"), ("4", sys.executable)):
        monkeypatch.setenv(OPENMP, openmp)
        assert main(["run"]) == 0
        assert capsys.readouterr().err.startswith(begins.rpartition("/")[0])
        monkeypatch.setenv(NUMEXPR, "")


def test_what_failed_is_tried_again_beside_what_was_asked_for(study, become, monkeypatch):
    monkeypatch.setattr(run, "failed_again", lambda folder: ["--forcerun", "failed.json"])
    assert main(["run", "--failed", "--", "-c2", "-R", "report", "--", "all"]) == 0
    assert " ".join(become[0]).endswith(" . -c2 --forcerun report failed.json -- all")


def program(folder, script):
    """A Python in a folder, beside which a script stands for Snakemake."""
    (folder / "bin").mkdir()
    (folder / "bin/snakemake").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bin/snakemake").chmod(0o755)
    code = (
        f"import sys; sys.executable = {str(folder / 'bin/python')!r}\n"
        "from superanimal_core.__main__ import main; sys.exit(main(['run']))"
    )
    return [sys.executable, "-c", code], {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_exit_status_is_snakemakes(study):
    command, environment = program(study, "exit 7")
    assert subprocess.run(command, env=environment, check=False).returncode == 7


@pytest.mark.parametrize("begun", [signal.SIG_DFL, signal.SIG_IGN])  # `&` in a script ignores it
def test_one_interrupt_reaches_snakemake_once_and_it_ends_as_it_likes(study, begun):
    script = "trap 'echo stopping >> told; sleep 1; exit 5' INT\ntouch ready\nsleep 60 & wait"
    command, environment = program(study, script)
    ours = signal.signal(signal.SIGINT, begun)  # inherited
    try:
        process = subprocess.Popen(command, env=environment, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, ours)
    while not (study / "ready").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does on Ctrl-C
    assert process.wait() == 5
    assert (study / "told").read_text() == "stopping\n"


def test_videos_and_a_model_make_the_study_first_and_the_same_command_goes_on(
    study, become, capsys
):
    (study / "raw").mkdir()
    (study / "raw/a.mp4").touch()
    typed = "run new --videos raw --model superanimal_quadruped --preset cpu -- -n"
    assert main(typed.split()) == 0
    assert "superanimal_quadruped_rtmpose_s" in (study / "new/config/config.yaml").read_text()
    assert (study / "new/config/videos.tsv").read_text().splitlines()[1].endswith("raw/a.mp4\ta")
    (study / "new/config/config.yaml").write_text(
        "# mine\n" + (study / "new/config/config.yaml").read_text()
    )
    capsys.readouterr()
    assert main(typed.split()) == 0
    assert "goes on as its config says" in capsys.readouterr().err
    assert (study / "new/config/config.yaml").read_text().startswith("# mine")
    assert become[0] == become[1]
    assert become[0][-1] == "-n"


def test_without_a_network_the_weights_to_bring_are_told_before_anything_runs(
    study, become, capsys, monkeypatch
):
    reached = {"superanimal_quadruped_rtmpose_s": ""}
    answer = lambda released: reached.get(released.name, "no such host")  # noqa: E731
    monkeypatch.setattr(released_to_fetch, "unreachable", answer)
    (study / "raw").mkdir()
    (study / "raw/a.mp4").touch()
    typed = ["run", "new", "--videos", "raw", "--model", "superanimal_quadruped", "--preset", "cpu"]
    for cores in ([], ["--", "--cores", "2"], ["--", "-call"]):
        assert main([*typed, *cores]) == 1
        told = capsys.readouterr().err.splitlines()[-1]
        zoo = "https://huggingface.co/mwmathis/DeepLabCutModelZoo-SuperAnimal-Quadruped"
        file = "superanimal_quadruped_ssdlite.pt"
        assert f"(no such host): download {zoo}/resolve/main/{file} where" in told
        assert "put it into new/config/weights, and run again" in told
        assert "rtmpose" not in told
    assert not become
    assert main([*typed, "--", "--until", "probe_video"]) == 0  # a part that needs none
    reached["superanimal_quadruped_ssdlite"] = ""
    assert main(typed) == 0
    assert len(become) == 2


@pytest.mark.parametrize("typed", ["--videos raw", "--model superanimal_bird", "--preset cpu"])
def test_half_of_what_makes_a_study_is_told(study, become, capsys, typed):
    assert main(["run", "new", *typed.split()]) == 1
    assert "--videos and --model belong together" in capsys.readouterr().err
    assert not become
    assert not (study / "new").exists()
