"""A Slurm cluster for the tests of this folder, and runs of Snakemake on it."""

import os
import re
import signal
import subprocess
from pathlib import Path

import cluster
import pytest
from toy_runs import Toy


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("slurm")


@pytest.fixture(scope="session")
def slurm(tmp_path_factory, worker_id):
    """The running cluster's folder: each process of the tests has a cluster of its own."""
    why_not = cluster.missing()
    if why_not:
        pytest.skip(f"no Slurm can be started here: {why_not}")
    # a shell script's background processes ignore Ctrl-C, and so would the runs started here
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = tmp_path_factory.mktemp("slurm")
    cluster.start(folder, int(re.sub(r"\D", "", worker_id) or 0))
    yield folder
    cluster.stop(folder)


@pytest.fixture
def toy(slurm, tmp_path):
    toy = Toy(tmp_path)
    yield toy
    for run in toy.runs:
        if run.poll() is None:
            toy.kill(run)
    subprocess.run(["scancel", "--user", str(os.getuid())], check=False)
