"""The examination before a run, asked of a real Slurm."""

import pytest
import yaml
from toy_runs import REPOSITORY

from superanimal_core.__main__ import main

PROFILE = REPOSITORY / "profiles/slurm-test"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, ""),
        (
            {"slurm_partition": "nowhere"},
            "partition 'nowhere' does not exist; there are cancelling, gpu",
        ),
        ({"slurm_partition": "short"}, "partition 'short' allows 10"),
        ({"mem_mb": 17000}, "the largest node of partition 'main' has 16000"),
        ({"gpu": 3}, "asks for 3 GPUs, a node of partition 'main' has 2"),
    ],
)
def test_the_limits_of_a_real_cluster_are_read(slurm, tmp_path, capsys, changes, problem):
    values = yaml.safe_load((PROFILE / "config.yaml").read_text())
    values["default-resources"] |= changes
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(values))
    code = main(["doctor", "--study", str(tmp_path), "--profile", str(tmp_path)])
    told = capsys.readouterr().out
    assert code == (1 if problem else 0), told
    assert problem in told
    assert ("problem" in told) == bool(problem)
