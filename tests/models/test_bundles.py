import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save_file
from tiny_networks import pyramid_bundle, square_crop

from superanimal_core.errors import SuperAnimalError, VideoError
from superanimal_core.models.bundles import read_bundle, read_detector, read_members
from superanimal_core.models.initial_weights import read_initial_weights, terms_of_weights
from superanimal_core.models.new_bundles import read_history, write_bundle, write_detector
from superanimal_core.network.detector import detect, new_detector
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.tables.parquet import write_failure
from superanimal_core.training.history import History

SPACE = KeypointSpace(
    "s", ("nose", "l", "r"), (("l", "r"),), (("nose", "l"),), oks_sigmas=(0.1, 0.2, 0.2)
)
HISTORY = History([10, 20], [0.5, 0.25], [0.001, 0.0005], [None, 3.5], "early stopping")
RECORD = {"rule": "pretrain", "seed": "0", "settings": {"steps": 20}}


def bundle_of(seed=0):
    torch.manual_seed(seed)
    crop = square_crop(mean=(0.4, 0.5, 0.6), std=(0.1, 0.2, 0.3))
    return pyramid_bundle(SPACE, crop=crop, trained_on=("burrow", "arena"))


def heatmaps_of(bundle):
    crops = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    with torch.inference_mode():
        return bundle.network.eval()(crops)


def test_a_bundle_comes_back_with_identical_outputs(tmp_path):
    bundle = bundle_of()
    bundle.network(torch.randn(4, 3, 64, 64))  # so that the running statistics are its own
    write_bundle(bundle, tmp_path / "member-0", RECORD, HISTORY)
    back = read_bundle(tmp_path / "member-0")
    assert torch.equal(heatmaps_of(back), heatmaps_of(bundle))
    for name, value in vars(bundle).items():
        if name != "network":
            assert getattr(back, name) == value
    assert not back.network.training


def test_a_bundle_tells_what_made_it_and_how_it_went(tmp_path):
    write_bundle(bundle_of(), tmp_path / "member-0", RECORD, HISTORY)
    document = json.loads((tmp_path / "member-0/bundle.json").read_text())
    assert document["made_by"] == RECORD
    assert document["trained_on"] == ["burrow", "arena"]
    history = pq.read_table(tmp_path / "member-0/history.parquet").to_pydict()
    assert history["loss"] == [0.5, 0.25]
    assert read_history(tmp_path / "member-0") == HISTORY
    names = sorted(path.name for path in (tmp_path / "member-0").iterdir())
    assert names == ["bundle.json", "history.parquet", "weights.safetensors"]


def test_members_come_in_the_order_asked_for(tmp_path):
    for seed in (0, 1):
        write_bundle(bundle_of(seed), tmp_path / f"member-{seed}", RECORD, HISTORY)
    members = read_members([str(tmp_path / "member-1"), str(tmp_path / "member-0")])
    assert [*members] == ["member-1", "member-0"]
    first, second = members.values()
    assert torch.equal(heatmaps_of(first), heatmaps_of(bundle_of(1)))
    assert torch.equal(heatmaps_of(second), heatmaps_of(bundle_of(0)))


def test_a_detector_comes_back_with_identical_boxes(tmp_path):
    torch.manual_seed(0)
    detector = new_detector("lcnet_035", 96, (0.4, 0.5, 0.6), (0.1, 0.2, 0.3), ("burrow",))
    detector.network.eval()
    write_detector(detector, tmp_path / "detector", RECORD, HISTORY)
    back = read_detector(tmp_path / "detector")
    for name, value in vars(detector).items():
        if name != "network":
            assert getattr(back, name) == value
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
    for one, other in zip(
        *(detect(d, [image], torch.device("cpu"))[0] for d in (detector, back)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_a_folder_of_another_kind_or_of_nothing_is_named(tmp_path):
    write_detector(
        new_detector("lcnet_035", 96, (0.5,) * 3, (0.2,) * 3, ()),
        tmp_path / "detector",
        RECORD,
        HISTORY,
    )
    with pytest.raises(SuperAnimalError, match="holds a 'detector' model, not a 'pose'"):
        read_bundle(tmp_path / "detector")
    with pytest.raises(SuperAnimalError, match="not a model folder"):
        read_bundle(tmp_path)


def test_damaged_weights_are_named(tmp_path):
    write_bundle(bundle_of(), tmp_path / "m", RECORD, HISTORY)
    weights = tmp_path / "m/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(SuperAnimalError, match=r"weights\.safetensors: cannot be read"):
        read_bundle(tmp_path / "m")


def test_a_folder_that_stands_for_a_failed_adaptation_passes_it_on(tmp_path):
    failure = {"failure": {"stage": "adapt_to_video", "reason": "no animal"}}
    write_failure(tmp_path / "member-0", failure)
    with pytest.raises(VideoError, match="adapt_to_video: no animal"):
        read_bundle(tmp_path / "member-0")


def test_initial_weights_are_a_files_or_another_models_backbone(tmp_path):
    bundle = bundle_of()
    write_bundle(bundle, tmp_path / "member-0", RECORD, HISTORY)
    backbone = bundle.network.backbone.state_dict()
    save_file(backbone, tmp_path / "w.safetensors")
    for name in ("member-0", "w.safetensors"):
        where, read = read_initial_weights(str(tmp_path / name))
        assert where == str(tmp_path / name)
        assert read.keys() == backbone.keys()
        assert all(torch.equal(read[k], v) for k, v in backbone.items())
    assert read_initial_weights(None) is None
    assert read_initial_weights("") is None


def test_terms_of_use_travel_with_a_model_and_with_its_backbone(tmp_path):
    bound = replace(bundle_of(), terms=("for research only",))
    write_bundle(bound, tmp_path / "member-0", RECORD, HISTORY)
    assert read_bundle(tmp_path / "member-0").terms == ("for research only",)
    assert terms_of_weights(str(tmp_path / "member-0")) == ("for research only",)
    assert terms_of_weights(None) == ()


def test_a_bundle_of_before_terms_were_written_has_none(tmp_path):
    write_bundle(bundle_of(), tmp_path / "member-0", RECORD, HISTORY)
    path = tmp_path / "member-0/bundle.json"
    document = json.loads(path.read_text())
    del document["terms"]
    path.write_text(json.dumps(document))
    assert read_bundle(tmp_path / "member-0").terms == ()


def test_a_bundle_knows_what_it_was_taught_and_an_older_one_counts_as_taught_everything(tmp_path):
    write_bundle(replace(bundle_of(), taught=("nose", "r")), tmp_path / "m", RECORD, HISTORY)
    back = read_bundle(tmp_path / "m")
    assert back.taught == ("nose", "r")
    assert back.is_taught.tolist() == [True, False, True]
    document = json.loads((tmp_path / "m/bundle.json").read_text())
    del document["taught"]
    (tmp_path / "m/bundle.json").write_text(json.dumps(document))
    older = read_bundle(tmp_path / "m")
    assert older.taught is None
    assert older.taught_keypoints == SPACE.keypoints
    assert older.is_taught.all()
    with pytest.raises(ValueError, match=r"taught keypoints that 's' lacks.*wing"):
        replace(older, taught=("wing",))
