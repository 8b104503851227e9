"""Networks in int8 are planned where a study asks for them, and told where it cannot have them."""

import pytest
from tiny_study import REPOSITORY, change_setting, planned, run_snakemake, write_tiny_study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_tiny_study(tmp_path_factory.mktemp("int8") / "study")


def test_a_network_in_int8_is_planned_only_for_int8(study):
    pytest.importorskip("onnxruntime", reason="make test-engines installs it")
    change_setting(study, "inference", {"engine": "onnxruntime"})
    before = planned(run_snakemake(REPOSITORY, study, "-n"))
    change_setting(study, "inference", {"engine": "onnxruntime", "precision": "int8"})
    assert planned(run_snakemake(REPOSITORY, study, "-n")) == before | {"quantize_network": 1}
    assert "quantize_network" not in before


def test_int8_by_torch_is_told_before_any_job(study):
    change_setting(study, "inference", {"precision": "int8"})
    result = run_snakemake(REPOSITORY, study, "-n")
    assert result.returncode == 1
    assert "inference.precision: int8 is computed by engine: openvino or" in result.stdout
