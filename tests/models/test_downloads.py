"""Fetching with a stand-in for Hugging Face: tests never touch the network."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.downloads import (
    fetch_weights,
    noted_hash,
    told_to_bring,
    unreachable,
)
from superanimal_core.study.study import read_released
from superanimal_core.study.study_rows import ReleasedRow

ROW = ReleasedRow("animal_net", "pose", "s", "lab/zoo", "net.pt", "main", "unverified")
REPOSITORY = Path(__file__).resolve().parents[2]
CONTENT = b"weights"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """What the repository serves, changeable; and what was asked for."""
    served, asked = tmp_path / "net.pt", []
    served.write_bytes(CONTENT)

    def download(repository, file, revision):
        asked.append((repository, file, revision))
        return str(served)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    return served, asked


def test_the_first_download_is_trusted_and_its_hash_noted(tmp_path, zoo, capsys):
    hashes, note = tmp_path / "weights", tmp_path / "weights/animal_net.sha256"
    fetch_weights(ROW, tmp_path / "a.pt", hashes)
    assert (tmp_path / "a.pt").read_bytes() == CONTENT
    assert note.read_text() == f"{DIGEST}  net.pt\n"
    assert f"{DIGEST} is noted in {note}" in capsys.readouterr().err
    assert zoo[1] == [("lab/zoo", "net.pt", "main")]
    fetch_weights(ROW, tmp_path / "b.pt", hashes)
    assert capsys.readouterr().err == ""


def test_another_file_under_the_same_name_is_refused(tmp_path, zoo):
    hashes, note = tmp_path / "weights", tmp_path / "weights/animal_net.sha256"
    fetch_weights(ROW, tmp_path / "a.pt", hashes)
    zoo[0].write_bytes(b"others")
    with pytest.raises(SuperAnimalError, match=rf"animal_net: .* {note} says {DIGEST}; do not"):
        fetch_weights(ROW, tmp_path / "b.pt", hashes)
    assert not (tmp_path / "b.pt").exists()


def test_the_tables_hash_decides_where_there_is_one(tmp_path, zoo):
    hashes = tmp_path / "weights"
    fetch_weights(replace(ROW, sha256=DIGEST), tmp_path / "a.pt", hashes)
    assert not hashes.exists()
    with pytest.raises(SuperAnimalError, match=r"config/released_weights\.tsv says 0000"):
        fetch_weights(replace(ROW, sha256="0" * 64), tmp_path / "b.pt", hashes)


@pytest.fixture
def offline(monkeypatch):
    """No network: neither a download nor a question is answered."""

    def refuse(*place, **more):
        raise LocalEntryNotFoundError("outgoing traffic is disabled. Look at\nmore")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", refuse)
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", refuse)
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *place, **more: None)


def test_without_internet_and_cache_one_is_told_what_to_do(tmp_path, offline):
    with pytest.raises(SuperAnimalError, match="outgoing traffic is disabled") as e:
        fetch_weights(ROW, tmp_path / "a.pt", tmp_path / "h")
    assert len(str(e.value).splitlines()) == 1
    url = "https://huggingface.co/lab/zoo/resolve/main/net.pt"
    assert str(e.value).endswith(
        f"download {url} where there is a network, put it into {tmp_path / 'h'}, and run again"
    )


def test_a_file_that_was_brought_is_taken_and_its_hash_counts(tmp_path, offline):
    hashes = tmp_path / "weights"
    assert unreachable(ROW, hashes) == "outgoing traffic is disabled"
    hashes.mkdir()
    (hashes / "net.pt").write_bytes(CONTENT)
    assert unreachable(ROW, hashes) == ""
    fetch_weights(ROW, tmp_path / "a.pt", hashes)
    assert (tmp_path / "a.pt").read_bytes() == CONTENT
    assert noted_hash(hashes / "animal_net.sha256") == DIGEST
    (hashes / "net.pt").write_bytes(b"others")
    with pytest.raises(SuperAnimalError, match="do not use it before you know why"):
        fetch_weights(ROW, tmp_path / "b.pt", hashes)


def test_what_lies_in_the_cache_needs_no_network(tmp_path, offline, monkeypatch):
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *place, **more: "net.pt")
    assert unreachable(ROW, tmp_path) == ""


def test_two_files_to_bring_are_one_sentence():
    other = replace(ROW, name="detector", file="d.pt")
    told = told_to_bring([ROW, other], "no such host", Path("s/config/weights"))
    assert told.startswith("animal_net, detector cannot be fetched from here (no such host): ")
    assert "net.pt and https://huggingface.co/lab/zoo/resolve/main/d.pt where" in told
    assert told.endswith("put them into s/config/weights, and run again")


def test_a_damaged_note_of_a_hash_is_named(tmp_path):
    (tmp_path / "h").write_text("abc net\n")
    with pytest.raises(
        SuperAnimalError, match="expected one line, a sha256, two blanks and a name"
    ):
        noted_hash(tmp_path / "h")


def test_the_table_names_every_checkpoint_once_with_a_known_space():
    rows = read_released(REPOSITORY / "config/released_weights.tsv")
    assert len(rows) == 14
    assert {row.kind for row in rows.values()} == {"pose", "detector"}
    assert all(name.startswith(row.space) for name, row in rows.items())
    assert all(row.sha256 == "unverified" or len(row.sha256) == 64 for row in rows.values())
