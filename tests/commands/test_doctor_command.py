"""The examination before a run, with a Slurm that only talks."""

import builtins
import resource
from pathlib import Path

import pytest
import yaml

from superanimal_core.__main__ import main
from superanimal_core.commands.doctor import accelerator_finding, writing_finding
from superanimal_core.commands.profile_requests import read_profile
from superanimal_core.errors import SuperAnimalError

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "workflow/rules"
SHIPPED = ROOT / "profiles/slurm"


@pytest.fixture
def profile(tmp_path):
    """The shipped profile with changes, as a folder."""

    def write(**changes):
        values = yaml.safe_load((SHIPPED / "config.yaml").read_text())
        for name, value in changes.items():
            key = name.replace("_", "-")
            values[key] = {**values[key], **value} if isinstance(value, dict) else value
        (tmp_path / "profile").mkdir(exist_ok=True)
        (tmp_path / "profile/config.yaml").write_text(yaml.safe_dump(values))
        return tmp_path / "profile"

    return write


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """Commands of that name that print these texts."""

    def talk(sinfo, accounts=""):
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, text in {"sbatch": "", "sinfo": sinfo, "sacctmgr": accounts}.items():
            (folder / name).write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return talk


def examine(tmp_path, folder, capsys):
    code = main(["doctor", "--study", str(tmp_path), "--profile", str(folder)])
    told = capsys.readouterr()
    return code, told.out, told.err


ROOMY = "all*|7-00:00:00|64|256000|gpu:a100:4|up"


def test_a_cluster_that_fits_has_no_problem(tmp_path, profile, slurm, capsys):
    slurm(ROOMY, "lab\nother")
    folder = profile(default_resources={"slurm_account": "lab"})
    code, out, err = examine(tmp_path, folder, capsys)
    assert code == 0, out + err
    assert "ok       account: lab" in out
    assert "ok       rule pretrain: 1440 min, 16000 MB, 1 GPUs fit" in out
    assert "ok       group tail of 20 videos" in out
    assert "problem" not in out


def test_each_wrong_request_is_a_problem_with_its_limit(tmp_path, profile, slurm, capsys):
    slurm("short*|2:00:00|64|9000|(null)|up", "other")
    folder = profile(default_resources={"slurm_account": "lab"})
    code, out, err = examine(tmp_path, folder, capsys)
    assert code == 1
    assert "problem  account: not yours: lab; yours: other" in out
    assert "problem  rule pretrain: asks for 1440 min, the default partition allows 120" in out
    assert "the largest node of the default partition has 9000" in out
    assert "asks for 1 GPUs" in out
    assert "to mend before a run" in err


def test_what_only_a_later_attempt_asks_too_much_is_a_warning(tmp_path, profile, slurm, capsys):
    slurm("all*|2-00:00:00|64|256000|gpu:4|up")
    code, out, _ = examine(tmp_path, profile(), capsys)
    assert code == 0
    assert "warning  rule pretrain: attempt 3 asks for 4320 min" in out


def test_a_group_asks_for_the_time_of_all_its_videos(profile):
    def tail(**changes):
        folder = profile(**changes)
        requests = {each.what: each for each in read_profile(folder, RULES).requests(1)}
        name = next(what for what in requests if what.startswith("group tail"))
        return requests[name].minutes, [
            each.minutes for what, each in requests.items() if what.removeprefix("rule ") in TAIL
        ]

    minutes, alone = tail(group_components=["tail=8"], cores=4)
    assert minutes == 2 * sum(alone)  # four videos at once, twice
    minutes, alone = tail(group_components=["tail=8"], cores=1)
    assert minutes == 8 * sum(alone)


TAIL = {"smooth_poses", "measure_gait", "describe_behavior"}
TAIL |= {"check_video", "compare_truth", "draw_stills"}


def test_with_a_partition_config_any_partition_may_fit(tmp_path, profile, slurm, capsys):
    slurm("tiny*|10:00|1|1000|(null)|up\nbig|7-00:00:00|64|256000|gpu:4|up")
    assert examine(tmp_path, profile(), capsys)[0] == 1
    folder = profile(slurm_steady_partition_config="partitions.yaml")
    assert examine(tmp_path, folder, capsys)[0] == 0


def test_a_broken_expression_is_named(profile):
    folder = profile(set_resources={"pretrain": {"runtime": "60 / (attempt - 1)"}})
    with pytest.raises(SuperAnimalError, match=r"config.yaml: pretrain: runtime: read '60 / "):
        read_profile(folder, RULES).requests(1)


def test_a_folder_that_cannot_be_written_is_a_problem():
    finding = writing_finding(Path("/proc"))
    assert (finding.level, finding.subject) == ("problem", "writing")


def test_a_silent_controller_is_a_problem(tmp_path, slurm, capsys):
    slurm(ROOMY)
    (tmp_path / "bin/sinfo").write_text("#!/bin/sh\nexit 1\n")
    code, out, _ = examine(tmp_path, SHIPPED, capsys)
    assert code == 1
    assert "problem  Slurm: sinfo does not answer" in out


@pytest.mark.parametrize(
    ("limit", "told"), [(10**9, "memory is limited to 1 GB"), (resource.RLIM_INFINITY, "install")]
)
def test_torch_that_has_no_room_need_not_be_installed_again(monkeypatch, limit, told):
    usual = builtins.__import__

    def without_room(name, *arguments):
        if name == "torch":
            raise ImportError("libtorch_cpu.so: failed to map segment from shared object")
        return usual(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_room)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (limit, limit))
    found = accelerator_finding()
    assert (found.level, told in found.text) == ("problem", True)
