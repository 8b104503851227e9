import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.checkpoints import read_tensors

TENSORS = {"conv.weight": torch.arange(6.0).reshape(2, 3), "bn.bias": torch.ones(2)}


class Trap:
    """Unpickling this writes a file: what a foreign checkpoint could do."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("suffix", ["pt", "pth", "npz", "safetensors"])
def test_tensors_are_read_by_name(tmp_path, suffix):
    path = tmp_path / f"w.{suffix}"
    if suffix == "npz":
        np.savez(path, **{k: v.numpy() for k, v in TENSORS.items()})
    elif suffix == "safetensors":
        save_file(TENSORS, path)
    else:
        torch.save({"model": TENSORS, "metadata": {"epoch": 3}}, path)
    read = read_tensors(path)
    assert read.keys() == TENSORS.keys()
    assert all(torch.equal(read[k], v) for k, v in TENSORS.items())


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize("suffix", ["pt", "pth"])
def test_a_checkpoint_that_would_run_code_is_refused_in_one_sentence(tmp_path, suffix, is_zip):
    path = tmp_path / f"w.{suffix}"
    document = {"model": TENSORS, "metadata": Trap(tmp_path / "sprung")}
    torch.save(document, path, _use_new_zipfile_serialization=is_zip)
    with pytest.raises(SuperAnimalError, match=r"refused: it holds .*which could run code") as told:
        read_tensors(path)
    assert "open" in str(told.value)
    assert len(str(told.value).splitlines()) == 1
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("content", [b"<html>404</html>", b"\x80\x02", b"a0", b"h\xc2", b"", b"M"])
def test_a_file_that_is_no_checkpoint_is_not_accused_of_code(tmp_path, content):
    (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(SuperAnimalError, match=r"w\.pt: weights cannot be read"):
        read_tensors(tmp_path / "w.pt")


@pytest.mark.parametrize("place", range(0, 400, 40))
def test_a_torn_checkpoint_is_told(tmp_path, place):
    path = tmp_path / "w.pt"
    torch.save({"model": TENSORS}, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    path.write_bytes(content[:place] + b"\xff\x00" + content[place + 2 :])
    try:
        read_tensors(path)
        told = str(path)
    except SuperAnimalError as error:
        told = str(error)
    assert told.startswith(str(path))


def test_a_whole_pickled_network_is_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "w.pt")
    with pytest.raises(SuperAnimalError, match=r"w\.pt: refused: it holds 'torch\.nn\.modules"):
        read_tensors(tmp_path / "w.pt")


def test_pickled_objects_inside_npz_are_refused(tmp_path):
    np.savez(tmp_path / "w.npz", weights=np.array([Trap(tmp_path / "sprung")], dtype=object))
    with pytest.raises(SuperAnimalError, match=r"w\.npz: weights cannot be read"):
        read_tensors(tmp_path / "w.npz")
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_that_calls_itself_safetensors_is_refused(tmp_path):
    torch.save({"weights": Trap(tmp_path / "sprung")}, tmp_path / "w.safetensors")
    with pytest.raises(SuperAnimalError, match="weights cannot be read"):
        read_tensors(tmp_path / "w.safetensors")
    assert not (tmp_path / "sprung").exists()


def test_numbers_of_numpy_among_the_metrics_are_no_danger(tmp_path):
    metrics = {"metrics/test.mAP": np.float64(81.5)}
    torch.save({"model": TENSORS, "metadata": {"metrics": metrics}}, tmp_path / "w.pt")
    assert read_tensors(tmp_path / "w.pt").keys() == TENSORS.keys()


@pytest.mark.parametrize("suffix", ["pt", "npz", "safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK\x03\x04broken"])
def test_a_damaged_file_is_named(tmp_path, suffix, content):
    path = tmp_path / f"w.{suffix}"
    path.write_bytes(content)
    with pytest.raises(SuperAnimalError, match=rf"w\.{suffix}: (weights cannot be read|refused)"):
        read_tensors(path)


def test_a_missing_file_and_another_kind_of_file_are_named(tmp_path):
    with pytest.raises(SuperAnimalError, match=r"none\.pt: weights cannot be read"):
        read_tensors(tmp_path / "none.pt")
    (tmp_path / "w.pkl").write_bytes(b"")
    with pytest.raises(SuperAnimalError, match=r"weights are read from \.pt, \.pth, \.npz"):
        read_tensors(tmp_path / "w.pkl")
