"""Fetching with a stand-in for Hugging Face: tests never touch the network."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.downloads import fetch_weights, noted_hash
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


def test_without_internet_and_cache_one_is_told_what_to_do(tmp_path, monkeypatch):
    def offline(repository, file, revision):
        raise LocalEntryNotFoundError("outgoing traffic is disabled\nmore")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", offline)
    with pytest.raises(SuperAnimalError, match=r"on a node with internet: snakemake --until") as e:
        fetch_weights(ROW, tmp_path / "a.pt", tmp_path / "h")
    assert len(str(e.value).splitlines()) == 1


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
