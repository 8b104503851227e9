"""What a cluster allows, read from sinfo's words, and what it would refuse."""

from dataclasses import replace

import pytest

from superanimal_core.cluster.slurm_limits import (
    Request,
    parse_accounts,
    parse_limit_min,
    parse_nodes,
    refusals,
)

LISTING = """\
main*|1-00:00:00|32|128000|(null)|up
gpu|10:00:00|16|64000|gpu:a100:2(S:0-1),shard:8|up
gpu|10:00:00|8|32000|gpu:v100:4|up
plain|infinite|4+|16000+|gpu:2|up
broken|30:00|4|16000|(null)|down
slurm_load_partitions: noise
"""
NODES = parse_nodes(LISTING)
SMALL = Request("rule a", "", 60, 4000, 1, 0, "")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("infinite", float("inf")),
        ("30", 30),
        ("30:00", 30),
        ("10:00:00", 600),
        ("1-00:00:00", 1440),
        ("2-12", 3600),
        ("1-01:30", 1530),
        ("0:30", 0.5),
    ],
)
def test_times_are_read_as_slurm_writes_them(text, minutes):
    assert parse_limit_min(text) == minutes


def test_every_kind_of_node_is_read():
    names = [each.partition for each in NODES]
    assert names == ["main", "gpu", "gpu", "plain", "broken"]
    assert [each.is_default for each in NODES] == [True, False, False, False, False]
    assert [each.is_up for each in NODES] == [True, True, True, True, False]
    assert [each.gpus for each in NODES] == [(), (("a100", 2),), (("v100", 4),), (("", 2),), ()]
    assert (NODES[3].cpus, NODES[3].memory_mb) == (4, 16000)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"partition": "gpus"}, "partition 'gpus' does not exist; there are broken, gpu, main"),
        ({"partition": "broken"}, "partition 'broken' is down"),
        ({"minutes": 1441}, "asks for 1441 min, the default partition allows 1440"),
        ({"memory_mb": 128001}, "the largest node of the default partition has 128000"),
        ({"threads": 33}, "asks for 33 cores"),
        ({"gpus": 1}, "asks for 1 GPUs, a node of the default partition has 0"),
        ({"partition": "gpu", "gpus": 1, "gpu_model": "h100"}, "models there: a100, v100"),
        ({"partition": "gpu", "gpus": 4, "memory_mb": 60000}, "no node of partition 'gpu'"),
        ({"partition": None, "minutes": 2000, "threads": 20}, "no node of any partition"),
    ],
)
def test_a_request_beyond_a_limit_is_refused_with_the_limit(changes, word):
    (told,) = refusals(replace(SMALL, **changes), NODES)
    assert word in told


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"minutes": 1440, "memory_mb": 128000, "threads": 32},
        {"partition": "gpu", "gpus": 4},
        {"partition": "gpu", "gpus": 2, "gpu_model": "a100", "memory_mb": 64000},
        {"partition": "plain", "minutes": 1e6, "gpus": 2},
        {"partition": None, "minutes": 1e6},
    ],
)
def test_a_request_at_its_limits_fits(changes):
    assert refusals(replace(SMALL, **changes), NODES) == []


def test_accounts_are_lines():
    assert parse_accounts("lab\nlab\n shared \n\n") == {"lab", "shared"}
