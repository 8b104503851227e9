"""The table of backbones, read before anything runs, says what timm's networks really are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import timm
import yaml

from superanimal_core.network.backbone_geometry import backbone_geometry
from superanimal_core.network.vit import patch_side_px, published_patch_px, vit_names
from superanimal_core.study.backbones import backbone_mistakes, read_backbones
from superanimal_core.study.settings_document import settings_from_mapping

SHIPPED = settings_from_mapping(
    yaml.safe_load((Path(__file__).parents[2] / "config/config.yaml").read_text()), "config.yaml"
)

VIT = {"architecture": "vit", "detector_backbone": "mobilenetv2_100"}
DINO = VIT | {"backbone": "vit_small_patch14_dinov2"}


def mistakes_of(backbone="resnet18", stride_px=4, size_px=256, architecture="pyramid", **changes):
    changes |= {"backbone": backbone, "input_size_px": size_px, "architecture": architecture}
    model = next(iter(SHIPPED.models.values())).model_copy(update=changes)
    network = SHIPPED.network.model_copy(update={"stride_px": stride_px})
    update = {"models": {"mice": model}, "network": network}
    return backbone_mistakes(SHIPPED.model_copy(update=update))


def test_the_table_knows_every_network_of_timm():
    assert set(timm.list_models()) <= set(read_backbones())


@pytest.mark.parametrize(
    "backbone",
    ["mobilenetv2_100", "convnext_atto", "pvt_v2_b0", "vit_tiny_patch16_224", "hrnet_w18_small",
     "swin_tiny_patch4_window7_224", "resnet18", "lcnet_035", "dla34"],
)  # fmt: skip
def test_a_row_is_what_the_network_gives(backbone):
    row = read_backbones()[backbone]
    fitting = backbone_geometry(backbone, 256).head_strides
    assert fitting in {row.head_strides, ()}
    assert bool(fitting) == (row.crop_sizes is None or 256 in row.crop_sizes)


def test_plain_vision_transformers_are_those_that_can_be_built():
    marked = {name: row.patch_px for name, row in read_backbones().items() if row.patch_px}
    assert set(vit_names()) == set(marked)
    for name in ("vit_small_patch14_dinov2", "vit_tiny_patch16_224", "vit_base_patch32_224"):
        assert marked[name] == published_patch_px(name)
    # every side that settings allow is a whole number of patches, and every stride is reached
    assert {patch_side_px(each) for each in marked.values()} == {8, 16, 32}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"backbone": "resnet81"}, "backbone: 'resnet81' is not a network of timm; did you mean"),
        ({"backbone": "convnext_atto", "stride_px": 2}, "at stride 2 .*it can at 4, 8"),
        ({"backbone": "vit_tiny_patch16_224"}, "at stride 4 .*it never can .no stage of stride"),
        ({"backbone": "vit_tiny_patch16_224"}, "; architecture 'vit' is for it$"),
        ({"backbone": "beit_base_patch16_224"}, "it never can .no stage of stride 2, 4 or 8.$"),
        (
            {"backbone": "vit_small_patch14_dino2"} | VIT,
            "not a network of timm; did you mean",
        ),
        ({"backbone": "resnet18"} | VIT, "'resnet18' is no plain vision transformer, which archit"),
        ({"backbone": "vit_small_patch16_dinov3"} | VIT, "is no plain .* did you mean 'vit_small_"),
        (
            DINO | {"detector_backbone": None},
            "detector_backbone: no detector can stand on a v",
        ),
        (
            DINO | {"detector_backbone": "resnet81"},
            "detector_backbone: 'resnet81' is not a ne",
        ),
        (
            {"detector_backbone": "resnet81", "detector_weights": "whole_frame"},
            "detector_backbone: 'resnet81' is not a network of timm; did you mean",
        ),
        (DINO | {"detector_backbone": "vit_tiny_patch16_224"}, "no features at stride 8"),
        ({"backbone": "resnet18", "architecture": "hrnet"}, "'resnet18' is no HRNet"),
        ({"backbone": "inception_v3"}, "it never can .other grids than it says"),
        ({"backbone": "coatnet_pico_rw_224"}, "does not take crops of 256 px; known to work: 224"),
    ],
)
def test_what_cannot_work_is_one_sentence(asked, sentence):
    (found,) = mistakes_of(**asked)
    assert found.startswith("config/config.yaml: models.mice.")
    assert re.search(sentence, found), found


@pytest.mark.parametrize(
    "asked",
    [
        {"backbone": "mobilenetv2_100"},
        {"backbone": "mobilenetv2_100.ra_in1k", "stride_px": 2},
        {"backbone": "convnext_atto", "stride_px": 8},
        {"backbone": "hrnet_w18_small", "architecture": "tokenpose", "stride_px": 8},
        {"backbone": "not used", "pose_weights": "superanimal_topviewmouse"},
        {"backbone": "not used", "fine_tune": "parent"},
        {"backbone": "vit_small_patch14_reg4_dinov2.lvd142m", "stride_px": 2} | VIT,
        DINO | {"detector_backbone": None, "detector_weights": "whole_frame"},
        DINO | {"detector_backbone": None, "fine_tune": "parent"},
        {"backbone": "resnet18", "detector_backbone": "lcnet_050"},
        DINO | {"detector_backbone": "vit_tiny_patch16_224", "detector_weights": "whole_frame"},
    ],
)
def test_what_works_is_no_mistake(asked):
    assert mistakes_of(**asked) == []


def test_the_check_loads_neither_torch_nor_timm():
    code = (
        "import sys; from superanimal_core.study.backbones import read_backbones; "
        "read_backbones(); print(sorted({'torch', 'timm'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert said.stdout.strip() == "[]"
