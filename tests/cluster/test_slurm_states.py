"""What Slurm's answers mean."""

import pytest

from superanimal_core.cluster.slurm_states import PATIENCE, Verdict, explain, parse_states, verdict


def test_listings_of_squeue_and_sacct_are_read_alike():
    listing = "12|RUNNING\n13_4|COMPLETED\n14|CANCELLED by 1000\n15|CANCELLED+\n\nslurm: noise\n"
    assert parse_states(listing) == {
        "12": "RUNNING",
        "13_4": "COMPLETED",
        "14": "CANCELLED",
        "15": "CANCELLED",
    }


@pytest.mark.parametrize("state", ["FAILED", "TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", "BOOT_FAIL"])
def test_ends_are_told_at_once(state):
    assert verdict(state, looks=0) is Verdict.FAILURE
    assert state in explain("7", state)


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "COMPLETING", "REQUEUED", "SUSPENDED"])
def test_whatever_may_go_on_is_waited_for(state):
    assert verdict(state, looks=100) is Verdict.WAIT


@pytest.mark.parametrize("state", ["PREEMPTED", "NODE_FAIL", ""])
def test_states_that_a_requeued_job_passes_are_given_time(state):
    assert verdict(state, looks=PATIENCE - 1) is Verdict.WAIT
    assert verdict(state, looks=PATIENCE) is Verdict.FAILURE
