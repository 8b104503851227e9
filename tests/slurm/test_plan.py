"""`plan --slurm` on a real Slurm: the forecast is made on a node that the profile asks for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tiny_study import write_tiny_study

REPOSITORY = Path(__file__).resolve().parents[2]


def test_a_node_of_the_cluster_is_tried(slurm, tmp_path):
    study = write_tiny_study(tmp_path / "study")
    shutil.copytree(REPOSITORY / "profiles/slurm-test", tmp_path / "home/snakemake/slurm")
    command = [sys.executable, "-m", "superanimal_core", "plan", "study", "--slurm"]
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "home")}
    environment |= {"PYTHONPATH": str(REPOSITORY)}
    how = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    told = subprocess.run([*command, "--seconds", "3"], **how, timeout=300, check=False)
    assert told.returncode == 0, told.stderr
    (typed,) = [line for line in told.stderr.splitlines() if "srun" in line and "plan" in line]
    for option in ("--partition=main", "--gres=gpu:1", "--mem=1400M", str(study), "--seconds=3"):
        assert option in typed.split()
    rows = {line.split()[0]: line for line in told.stdout.splitlines()}
    assert rows["pretrain"].endswith("probed")
    assert rows["in"].split()[2].isdigit()
