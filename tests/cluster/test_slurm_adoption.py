"""Which of an earlier run's jobs are waited for, and which are in the way."""

from superanimal_core.cluster.slurm_adoption import (
    Decision,
    RunningJob,
    comment,
    decide,
    parse_running,
    token,
)


def tokens(*videos, code="a"):
    return [token("smooth", [f"{v}.parquet"], [f"{v}.mp4"], {"code": code}) for v in videos]


def test_a_comment_survives_the_queue_and_only_this_folders_jobs_count(tmp_path):
    mine, other = comment(tokens("v1", "v2"), tmp_path), comment(tokens("v3"), tmp_path)
    assert not list(tmp_path.iterdir())
    listing = f"7|run-1|/study|{mine}\n8|run-1|/elsewhere|{other}\n9|run-2|/study|{other}\n"
    listing += "10|run-1|/study|rule_smooth_wildcards_v1\n11|run-1|/study\n"
    assert parse_running(listing, "/study", "run-2") == [
        RunningJob("7", frozenset(tokens("v1", "v2")))
    ]


def test_a_batch_of_any_size_fits_into_a_comment(tmp_path):
    many = tokens(*(f"v{number}" for number in range(500)))
    mine = comment(many, tmp_path)
    assert len(mine) <= 1024
    folder = str(tmp_path)
    listing = f"7|run-1|{folder}|{mine}\n"
    assert parse_running(listing, folder, "run-2") == [RunningJob("7", frozenset(many))]
    for kept in tmp_path.rglob(".snakemake/*/*"):
        kept.unlink()
    assert parse_running(listing, folder, "run-2") == []


def test_the_same_work_is_adopted_also_as_part_of_more():
    running = [RunningJob("7", frozenset(tokens("v1", "v2", "v3")))]
    assert decide(tokens("v3", "v2"), running) == Decision("7", ())


def test_other_code_or_a_part_of_the_work_is_cancelled():
    running = [
        RunningJob("7", frozenset(tokens("v1", code="old"))),
        RunningJob("8", frozenset(tokens("v2"))),
        RunningJob("9", frozenset(tokens("v9"))),
    ]
    assert decide(tokens("v1", "v2"), running) == Decision(None, ("7", "8"))


def test_a_token_depends_on_what_is_made_and_from_what_but_not_on_order():
    first = token("r", ["a", "b"], ["x", "y"], {"k": 1, "l": 2})
    assert first == token("r", ["b", "a"], ["y", "x"], {"l": 2, "k": 1})
    for other in (
        token("q", ["a", "b"], ["x", "y"], {"k": 1, "l": 2}),
        token("r", ["a"], ["x", "y"], {"k": 1, "l": 2}),
        token("r", ["a", "b"], ["x"], {"k": 1, "l": 2}),
        token("r", ["a", "b"], ["x", "y"], {"k": 1, "l": 3}),
    ):
        assert other != first
