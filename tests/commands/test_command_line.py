"""The one command: its help, its launcher, and what it does not load."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from superanimal_core import __main__
from superanimal_core.__main__ import COMMANDS, main, told
from superanimal_core.commands import study_folder
from superanimal_core.errors import ConfigError, SuperAnimalError

ROOT = Path(__file__).resolve().parents[2]


def answer(code, **options):
    """What a Python of its own prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"\n    superanimal {name} " in capsys.readouterr().out  # as the docstring lays it out


def test_help_names_every_command_and_loads_neither_torch_nor_tables():
    code = (
        "import sys; from superanimal_core.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print({'torch', 'pandas', 'pyarrow', 'scipy'} & set(sys.modules))"
    )
    *help_text, loaded = answer(code, cwd=ROOT).splitlines()
    listed = [line.split()[0] for line in help_text if line.startswith("    ")]
    assert set(COMMANDS) <= set(listed)
    assert loaded == "set()"


def test_an_unknown_command_is_told_with_those_that_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["smoth"])
    assert "verify-weights" in capsys.readouterr().err


@pytest.mark.parametrize("error", [
    ImportError("libtorch_cpu.so: failed to map segment from shared object"),
    ImportError("libx.so: cannot map zero-fill pages: Cannot allocate memory"),
    MemoryError(),
])  # fmt: skip
@pytest.mark.parametrize("begins", [True, False])
def test_too_little_memory_for_the_libraries_is_one_sentence(monkeypatch, capsys, error, begins):
    """Whether a command fails when it is imported, or imports what fails."""

    def fails(*_):
        raise error

    command = SimpleNamespace(__doc__="", add_arguments=lambda parser: None, run=fails)
    monkeypatch.setattr(__main__, "command_module", fails if begins else lambda name: command)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY,) * 2)
    with pytest.raises(type(error)):
        main(["check"])
    for most in (resource.RLIM_INFINITY, 4_096_000_000):  # that a user may lift it to
        monkeypatch.setattr(resource, "getrlimit", lambda _, most=most: (4_096_000_000, most))
        assert main(["check"]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("check: memory is limited to 4.1 GB here")
        assert ("`ulimit -v unlimited`" in line) == (most == resource.RLIM_INFINITY)


def test_a_package_that_is_not_installed_is_no_matter_of_memory(monkeypatch):
    def fails(name):
        raise ModuleNotFoundError("No module named 'torch'")

    monkeypatch.setattr(__main__, "command_module", fails)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1, 1))
    with pytest.raises(ModuleNotFoundError):
        main(["check"])


def test_a_package_of_another_python_is_told_with_where_it_comes_from(tmp_path, monkeypatch):
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy/__init__.py").write_text("raise ImportError('built for python3.8')")
    (tmp_path / "study").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), "", str(ROOT)])}
    command = [sys.executable, "-P", "-m", "superanimal_core", "status", str(tmp_path / "study")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    told = f"PYTHONPATH holds {tmp_path}, whose numpy this Python ("
    assert ended.stderr.startswith(f"status: {told}")
    assert ended.stderr.endswith("cannot load: `unset PYTHONPATH` and try again\n")
    assert ended.stderr.count("\n") == 1


def test_an_import_that_fails_for_something_else_is_not_blamed_on_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))

    def fails(name):
        raise ImportError("no such name")

    monkeypatch.setattr(__main__, "command_module", fails)
    with pytest.raises(ImportError):
        main(["status"])


def test_the_launcher_of_make_setup_works_from_any_folder_and_through_a_link(tmp_path):
    clone, elsewhere = tmp_path / "a clone", tmp_path / "elsewhere"
    (clone / ".venv/bin").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "superanimal_core.py").write_text("raise SystemExit('the wrong one')")
    shutil.copyfile(ROOT / "Makefile", clone / "Makefile")
    for name in ("requirements.lock", "pyproject.toml", ".venv/.ready"):
        (clone / name).touch()
    python = clone / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    alone = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    how = {"cwd": clone, "env": alone, "capture_output": True, "text": True, "check": True}
    told = subprocess.run(["make", "setup"], **how)
    assert told.stdout.strip().count("\n") == 0
    assert f"{clone}/superanimal" in told.stdout
    (elsewhere / "linked").symlink_to(clone / "superanimal")
    modules = {"PYTHONHOME": str(elsewhere), "PYTHONPATH": str(elsewhere)}
    how |= {"cwd": elsewhere, "env": {**os.environ, **modules}}
    for called in (clone / "superanimal", "./linked"):
        help_text = subprocess.run([called, "doctor", "--help"], **how).stdout
        assert "superanimal doctor --study" in help_text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("st", {"status"}),
        ("export s --to deeplabcut", {"deeplabcut_csv", "deeplabcut_h5"}),
        ("init s --sp", {"--species"}),
        ("init s --zzz", set()),
    ],
)
def test_bash_completes_commands_options_and_choices(typed, expected, capsys):
    assert main(["completion", "bash"]) == 0
    words = ["superanimal", *typed.split()]
    asked = f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _superanimal\n"
    script = capsys.readouterr().out + asked + 'echo "${COMPREPLY[@]}"'
    told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) == expected
    assert told.stderr == ""


def test_zsh_is_given_the_same_behind_its_own_first_line(capsys):
    main(["completion", "bash"])
    bash = capsys.readouterr().out
    main(["completion", "zsh"])
    first, _, rest = capsys.readouterr().out.partition("\n")
    assert "bashcompinit" in first
    assert rest == bash


def test_a_reader_that_has_seen_enough_is_no_error():
    """As in `superanimal --help | head -1`."""
    program = [sys.executable, "-c", "from superanimal_core.__main__ import main; main(['doctor'])"]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()


def test_several_mistakes_stand_below_a_line_that_counts_them():
    assert told(ConfigError(["one", "two"])) == "2 to mend before anything runs:\none\ntwo"
    assert told(ConfigError(["one"])) == told(SuperAnimalError("one")) == "one"


@pytest.mark.parametrize("command", ["check", "run", "status", "plan"])
@pytest.mark.parametrize("typed", ["program", "."])
def test_the_programs_own_folder_is_no_study(command, typed, tmp_path, monkeypatch, capsys):
    """What `superanimal run` would be about in a clone, where the folder was forgotten."""
    program = tmp_path / "program"
    (program / "config").mkdir(parents=True)
    shutil.copy(ROOT / "config/config.yaml", program / "config")
    monkeypatch.setattr(study_folder, "WORKFLOW", program)
    monkeypatch.chdir(program if typed == "." else tmp_path)
    assert main([command, typed]) == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"{command}: {typed} is the folder of the program and holds no stud")
    assert "superanimal init my-study --help" in said.err
    assert said.out == ""
    (program / "config/videos.tsv").touch()  # someone keeps a study there
    assert study_folder.checked_study(typed) == Path(typed)
