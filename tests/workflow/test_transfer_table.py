import pyarrow.parquet as pq
import pytest
from tiny_study import add_lab, change_setting, give_arena_an_implant, run_snakemake

from superanimal_core.synthetic.labs import ARENA


@pytest.mark.slow
def test_the_transfer_table_holds_every_start_on_parts_of_an_unseen_set(workflow, study):
    add_lab(study, ARENA, "evaluate", 20)
    rows = table_of(workflow, study, fractions=[0.1, 1.0], single_dataset="burrow")
    trained = {"scratch", "new_head", "naive", "memory_replay", "single_dataset"}
    assert {(row["mode"], row["fraction"]) for row in rows} == {
        *((mode, fraction) for mode in trained for fraction in (0.1, 1.0)),
        ("zero_shot", 0.0),
    }
    assert {row["dataset"] for row in rows} == {"arena"}
    assert all(row["pretraining_normalized_error"] > 0 for row in rows)
    assert (study / "results/transfer/plots/mouse-arena.svg").read_text().startswith("<svg")


@pytest.mark.slow
def test_the_table_compares_starts_in_a_space_of_ones_own(workflow, study):
    add_lab(study, ARENA, "evaluate", 20)
    give_arena_an_implant(study)
    modes = ["scratch", "memory_replay", "zero_shot"]
    rows = table_of(workflow, study, modes=modes, fractions=[1.0], spaces=["implanted"])
    assert {(row["dataset"], row["mode"]) for row in rows} == {
        ("arena", "scratch"),
        ("arena", "memory_replay"),
    }
    assert all(row["mean_error_px"] > 0 for row in rows)
    assert all(row["pretraining_normalized_error"] > 0 for row in rows)


def test_without_a_set_to_evaluate_the_table_says_what_it_needs(workflow, study):
    result = run_snakemake(workflow, study, "transfer_table")
    assert result.returncode != 0
    assert "needs a data set with the role 'evaluate'" in result.stdout


def table_of(workflow, study, **table):
    """The rows of a transfer table of one seed and of trainings of two steps."""
    settings = {f"transfer.{key}": value for key, value in (table | {"seeds": [0]}).items()}
    for key, value in (settings | {"fine_tuning.steps": 2, "fine_tuning.batch": 2}).items():
        change_setting(study, key, value)
    result = run_snakemake(workflow, study, "transfer_table")
    assert result.returncode == 0, result.stdout[-4000:]
    return pq.read_table(study / "results/transfer/table.parquet").to_pylist()
