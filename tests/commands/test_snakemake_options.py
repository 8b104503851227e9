"""What is passed on to Snakemake, in the ways in which people write it."""

import pytest

from superanimal_core.commands.snakemake_options import (
    asks_for_none,
    is_beside_study,
    is_run,
    is_whole,
    may_run,
    with_forced,
)


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


@pytest.mark.parametrize(
    ("typed", "words"),
    [("-c0", "-c0"), ("-c 0", "-c 0"), ("-k --cores 0 -p", "--cores 0"), ("--cores=0", "--cores=0"),
     ("-j0", "-j0"), ("-j 0", "-j 0"), ("--jobs 0", "--jobs 0"), ("-c -0", "-c -0"),
     ("-kc0", "-kc0"), ("-c=0", "-c=0"), ("--core 0", "--core 0"), ("-c +0", "-c +0"),
     ("-c4 -c0", "-c0"), ("-c 00", "-c 00"),
     ("-c -1", ""), ("-j -1", ""), ("--jobs=-1", ""), ("-j 0 -c 1", ""), ("-j 8 -c 0", ""),
     ("-j0 -c0", ""), ("-c0 --profile p", ""), ("--profile=p -j0", ""), ("--prof p -j 0", ""),
     ("-c0 --workflow-profile p", ""), ("-kj0", ""), ("-c ²", ""), ("-c²", ""), ("-c 0.0", ""),
     ("-c0 -- --profile", "-c0"), ("-j0 -c", ""),
     ("", ""), ("-c1", ""), ("-c 1", ""), ("--cores=10", ""), ("-call", ""), ("-c0 -c4", ""),
     ("-T 0", ""), ("-T0 -c 2", ""), ("--until 0", ""), ("-R c0", ""), ("-c", ""),
     ("-c2 -- -c0", "")],
)  # fmt: skip
def test_no_core_and_no_job_at_a_time_is_what_never_begins(typed, words):
    assert asks_for_none(typed.split()) == words


@pytest.mark.parametrize(
    ("typed", "merged"),
    [("", "--forcerun f"), ("-c2 -k", "-c2 -k --forcerun f"), ("-R a", "--forcerun a f"),
     ("--forcerun a b -k", "-k --forcerun a b f"), ("--forcerun=a", "--forcerun a f"),
     ("-Ra b", "b --forcerun a f"), ("-kR a", "-k --forcerun a f"),
     ("--forcer a", "--forcerun a f"), ("-R a --until b", "--until b --forcerun a f"),
     ("--force a", "--force a --forcerun f"),
     ("-k -- all", "-k --forcerun f -- all"),
     ("-R a -- -R", "--forcerun a f -- -R")],
)  # fmt: skip
def test_what_is_made_anew_is_made_beside_what_was_asked_for(typed, merged):
    assert with_forced(typed.split(), ["f"]) == merged.split()
