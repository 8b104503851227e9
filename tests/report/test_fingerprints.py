"""What exactly ran: the digits are those that sha256sum tells."""

import hashlib
import shutil
import subprocess

import pytest

from superanimal_core.report.fingerprints import (
    PACKAGE,
    SHOWN,
    file_fingerprint,
    network_table,
    read_networks,
    source_fingerprint,
    text_fingerprint,
)


@pytest.mark.parametrize("size", [0, 1, 2**22, 2**22 + 1])
def test_a_file_has_the_digits_of_sha256sum(tmp_path, size):
    file = tmp_path / "f"
    file.write_bytes(bytes(range(256)) * (size // 256) + bytes(size % 256))
    assert file_fingerprint(file) == hashlib.sha256(file.read_bytes()).hexdigest()[:SHOWN]
    if shutil.which("sha256sum"):
        told = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True)
        assert told.stdout.startswith(file_fingerprint(file))


def test_the_source_is_known_by_its_modules_and_nothing_else(tmp_path):
    copy = shutil.copytree(
        PACKAGE / "report", tmp_path / "report", ignore=shutil.ignore_patterns("__pycache__")
    )
    before = source_fingerprint(copy)
    (copy / "__pycache__").mkdir()
    (copy / "__pycache__/x.pyc").write_bytes(b"x")
    (copy / "program").mkdir()
    (copy / "program/script.py").write_text("carried by a wheel")
    source_fingerprint.cache_clear()
    assert source_fingerprint(copy) == before
    (copy / "cells.py").write_text("# another\n")
    source_fingerprint.cache_clear()
    assert source_fingerprint(copy) != before


def test_every_network_is_named_with_its_weights(tmp_path):
    for seed in range(2):
        (tmp_path / f"net/member-{seed}").mkdir(parents=True)
    (tmp_path / "net/member-0/weights.safetensors").write_bytes(b"abc")
    networks = read_networks([str(tmp_path / f"net/member-{seed}") for seed in range(2)])
    assert networks == {"net/member-0": (3, text_fingerprint("abc"))}
    models = {"net": {"backbone": "resnet", "pose_weights": None}}
    (row,) = network_table(networks, models, {"net": ["research only", "cite"]}).rows
    digits = hashlib.sha256(b"abc").hexdigest()[:SHOWN]
    assert row == ("net", "member-0", "resnet", "0.003 kB", digits, "research only; cite")
    (row,) = network_table(networks, {"net": {"pose_weights": "w.pth"}}, {}).rows
    assert (row[2], row[-1]) == ("w.pth", "none known")
