import pytest
import torch

from superanimal_core.network.devices import has_precision


@pytest.fixture(params=[True, False])
def is_there(request, monkeypatch):
    """A processor with bfloat16 and one without."""
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: request.param)
    has_precision.cache_clear()
    yield request.param
    has_precision.cache_clear()


def test_a_missing_precision_is_told_once(is_there, capsys):
    assert {has_precision("cpu", "bfloat16") for _ in range(3)} == {is_there}
    assert capsys.readouterr().out.count("this processor has no bfloat16") == (not is_there)


def test_float32_and_other_devices_are_not_asked(is_there):
    assert has_precision("cpu", "float32")
    assert has_precision("cuda", "bfloat16")
