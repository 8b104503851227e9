"""What the shipped profile asks for is known when a job, or a group of jobs, is submitted."""

import re
import subprocess
import sys

from tiny_study import REPOSITORY, environment


def test_the_minutes_of_every_rule_are_known_before_its_inputs_are(fresh_study):
    """Snakemake leaves unknown minutes out of a group's sum: the job would be ended too early."""
    command = [sys.executable, "-P", "-m", "snakemake", "-n", "-s", REPOSITORY / "Snakefile"]
    command += ["--profile", REPOSITORY / "profiles/slurm", "-d", fresh_study]
    result = subprocess.run(
        list(map(str, command)),
        env=environment(REPOSITORY),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    minutes = re.findall(r"^ *rule (\w+):$.*?runtime=([^,\s]+)", result.stdout, re.M | re.S)
    assert {"predict_poses", "adapt_to_video", "smooth_poses"} <= {rule for rule, _ in minutes}
    assert [rule for rule, value in minutes if not value.isdigit()] == []
