"""What is passed on to Snakemake, in the ways in which people write it."""

import pytest

from superanimal_core.commands.snakemake_options import is_beside_study, is_run, is_whole, may_run


@pytest.mark.parametrize(
    "typed",
    ["-n", "-np", "-nc1", "-nj4", "-t", "-tF", "--dry", "--touch", "--unlock", "-e dryrun",
     "--executor=touch", "-etouch", "--executor dryrun", "-l", "-S", "-D", "-v", "-kn"],
)  # fmt: skip
def test_nothing_runs_with_what_only_looks(typed):
    assert not may_run(typed.split())
    assert not is_run(typed.split())


@pytest.mark.parametrize(
    "typed",
    ["", "-call", "-jall", "-c4", "-c 4", "--cores=all", "-Rall", "-Rlabel_video", "-Ureport",
     "-Opoll", "-kFc2", "-p", "-kp", "-w 5", "-Tn", "-e slurm", "--executor=local", "-qall"],
)  # fmt: skip
def test_jobs_may_run_with_all_else_whatever_letters_a_value_has(typed):
    assert may_run(typed.split())


@pytest.mark.parametrize(
    ("typed", "is_beside"),
    [("--unlock", True), ("--unlo", True), ("-c1 --unlock", True), ("--cm results/a", True),
     ("--cleanup-metadata=a", True), ("--version", True), ("-h", True), ("-vn", True),
     ("", False), ("-n", False), ("--touch", False), ("--list-rules", False), ("-jv", False),
     ("--until unlock", False), ("--delete-all-output", False)],
)  # fmt: skip
def test_what_needs_neither_settings_nor_sheets(typed, is_beside):
    assert is_beside_study(typed.split()) is is_beside


@pytest.mark.parametrize(
    ("typed", "whole"),
    [("-call", True), ("-c all", True), ("--cores=2", True), ("-j 2", True), ("", True),
     ("-c2 -Rreport", False), ("-c2 -k", False), ("results/tables/poses.parquet", False)],
)  # fmt: skip
def test_a_run_is_whole_with_no_word_but_on_cores(typed, whole):
    assert is_whole(typed.split()) is whole
    assert is_run(typed.split())
