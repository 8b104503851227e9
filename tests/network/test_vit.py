"""Vision transformers as backbones: their grid, their sizes, and weights made for other sizes."""

import math

import numpy as np
import pytest
import timm
import torch
from tiny_networks import square_crop, vit_bundle
from torch import nn
from torch.nn.functional import interpolate

from superanimal_core.errors import SuperAnimalError
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.initial_weights import read_initial_weights
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.network.initial_weights import load_backbone
from superanimal_core.network.vit import build_vit, nearest_sides, vit_names
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.training.history import History
from superanimal_core.training.starting_weights import NEW_HEAD, start_from

SPACE = KeypointSpace("s", ("a", "b"))
WIDE = (96, 64)  # width, height
SMALL = "test_vit"  # with a class token; test_vit2 has a register in its place
DINO, DINO_REGISTERS = "vit_small_patch14_dinov2", "vit_small_patch14_reg4_dinov2"


def published(name, size_px=None):
    """timm's own network, with embeddings of positions that matter."""
    torch.manual_seed(1)
    size = {} if size_px is None else {"img_size": size_px}
    network = timm.create_model(name, pretrained=False, num_classes=0, **size).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name in ("pos_embed", "cls_token", "reg_token"):
                parameter.normal_()
    return network


def loaded(name, size_px, weights):
    backbone = build_vit(name, size_px).eval()
    load_backbone(backbone, weights, "w.pth")
    return backbone


@pytest.mark.parametrize("stride_px", [2, 4, 8])
@pytest.mark.parametrize("backbone", [SMALL, "vit_tiny_patch16_224", "test_vit2", "test_vit3"])
def test_heatmaps_lie_on_the_grid_of_the_stride_for_crops_that_are_no_squares(backbone, stride_px):
    bundle = vit_bundle(SPACE, crop=square_crop(WIDE), backbone=backbone, stride_px=stride_px)
    with torch.inference_mode():
        heatmaps = bundle.network.eval()(torch.zeros(1, 3, WIDE[1], WIDE[0]))
    assert heatmaps.shape == (1, 2, WIDE[1] // stride_px, WIDE[0] // stride_px)


@pytest.mark.parametrize(("backbone", "patch_px"), [("vit_small_patch8_224", 8), (DINO, 16),
                                                    ("vit_small_patch32_224", 32)])  # fmt: skip
@pytest.mark.parametrize("stride_px", [2, 8])
def test_patches_of_every_size_reach_every_stride(backbone, patch_px, stride_px):
    network = vit_bundle(SPACE, backbone=backbone, stride_px=stride_px).network
    assert network.backbone.patch_embed.patch_size == (patch_px, patch_px)
    assert 2 ** len(network.decoder) * stride_px == patch_px


@pytest.mark.parametrize("backbone", [SMALL, "test_vit2"])
@pytest.mark.parametrize(("row", "column"), [(0, 5), (3, 0), (1, 4)])
def test_what_a_patch_shows_is_told_where_it_lies(backbone, row, column):
    """Without attention a patch reaches its own cells, and the decoder one patch further."""
    torch.manual_seed(0)
    network = vit_bundle(SPACE, crop=square_crop(WIDE), backbone=backbone).network.eval()
    network.backbone.blocks = nn.Sequential()
    nn.init.normal_(network.head.weight)
    crops = torch.randn(2, 3, WIDE[1], WIDE[0])
    crops[1] = crops[0]
    crops[1, :, 16 * row : 16 * row + 16, 16 * column : 16 * column + 16] += 1
    with torch.inference_mode():
        plain, changed = network(crops)
    difference = (changed - plain).abs().sum(dim=0)
    inside = torch.zeros_like(difference, dtype=torch.bool)
    inside[max(4 * row - 4, 0) : 4 * row + 8, max(4 * column - 4, 0) : 4 * column + 8] = True
    assert difference[~inside].max() == 0
    assert difference[4 * row : 4 * row + 4, 4 * column : 4 * column + 4].min() > 0


@pytest.mark.parametrize(
    "backbone", [SMALL, "test_vit2", "test_vit3", "test_vit4", "deit_tiny_distilled_patch16_224"]
)
def test_every_weight_takes_part(backbone):
    """Of a classifier's own layers there are none: several processes would wait for them."""
    torch.manual_seed(0)
    network = vit_bundle(SPACE, backbone=backbone).network.train()
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    assert [name for name, weight in network.named_parameters() if weight.grad is None] == []


def test_a_network_of_14_px_patches_sees_in_16_px_what_it_saw_in_14():
    """DINOv2 at 14 px against ours at 16, on a picture whose patches are enlarged one by one."""
    source = published(DINO, size_px=(42, 42))
    ours = loaded(DINO, (48, 48), source.state_dict())
    picture = torch.randn(1, 3, 42, 42, generator=torch.Generator().manual_seed(2))
    patches = picture.unfold(2, 14, 14).unfold(3, 14, 14).flatten(0, 3)
    larger = interpolate(patches[:, None], (16, 16), mode="bicubic", antialias=True)
    enlarged = larger.view(1, 3, 3, 3, 16, 16).permute(0, 1, 2, 4, 3, 5).reshape(1, 3, 48, 48)
    with torch.inference_mode():
        expected, found = source.forward_features(picture), ours.forward_features(enlarged)
    assert expected.std() > 0.1
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("backbone", [SMALL, "test_vit2", DINO_REGISTERS])
def test_positions_keep_their_place_on_another_grid(backbone):
    """A slope over the picture is the same slope on another grid, but for the picture's edge."""
    patch_px = build_vit(backbone, (64, 64)).patch_embed.patch_size[0]
    rows, columns = 12, 8
    weights = build_vit(backbone, (12 * patch_px, 12 * patch_px)).state_dict()
    prefix = weights["pos_embed"].shape[1] - 144

    def slopes(rows, columns):
        y, x = (torch.arange(rows) + 0.5) / rows, (torch.arange(columns) + 0.5) / columns
        return torch.stack([y[:, None].expand(rows, columns), x.expand(rows, columns)], dim=2)

    weights["pos_embed"][:, prefix:, :2] = slopes(12, 12).flatten(0, 1)
    ours = loaded(backbone, (columns * patch_px, rows * patch_px), weights)
    assert torch.equal(ours.pos_embed[:, :prefix], weights["pos_embed"][:, :prefix])
    found = ours.pos_embed[0, prefix:, :2].detach().view(rows, columns, 2)
    expected, inner = slopes(rows, columns), (slice(2, -2), slice(2, -2))
    torch.testing.assert_close(found[inner], expected[inner], rtol=0, atol=0.02 / columns)


def test_weights_of_the_same_size_are_taken_as_they_are():
    source = published(SMALL, size_px=(64, 64))
    ours = loaded(SMALL, (64, 64), source.state_dict() | {"head.weight": torch.zeros(3)})
    crops = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(ours.forward_features(crops), source.forward_features(crops).float())


def test_a_grid_that_is_no_square_is_known_from_our_own_weights():
    """2 x 8 and 4 x 4 patches are as many, and lie elsewhere."""
    source = build_vit(SMALL, (128, 32))
    across = torch.arange(8.0).repeat(2)
    with torch.no_grad():
        source.pos_embed[:, 1:] = across[None, :, None]
    ours = loaded(SMALL, (64, 64), source.state_dict())
    found = ours.pos_embed[0, 1:, 0].view(4, 4)
    torch.testing.assert_close(found, found[:1].expand(4, 4))
    assert (found.diff(dim=1) > 1).all()
    assert ours.position_grid.tolist() == [4, 4]


def test_registers_of_dinov2s_authors_are_understood():
    """Their class token has a position, their registers have none."""
    weights = published(DINO_REGISTERS, size_px=(28, 28)).state_dict()
    position = torch.randn(1, 1, 384)
    theirs = dict(weights) | {"mask_token": torch.zeros(1, 384)}
    theirs["register_tokens"] = theirs.pop("reg_token")
    theirs["cls_token"] = weights["cls_token"] - position
    theirs["pos_embed"] = torch.cat([position, weights["pos_embed"]], dim=1)
    plain, found = (loaded(DINO_REGISTERS, (32, 32), each) for each in (weights, theirs))
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value, msg=name)


def test_weights_of_another_transformer_are_refused_with_the_first_difference():
    with pytest.raises(SuperAnimalError, match=r"w\.pth: 'cls_token' needs shape .*another back"):
        loaded(SMALL, (64, 64), published("vit_tiny_patch16_224").state_dict())
    with pytest.raises(SuperAnimalError, match=r"w\.pth: .* 1370 positions .*another backbone"):
        loaded(DINO_REGISTERS, (64, 64), published(DINO).state_dict())
    with pytest.raises(SuperAnimalError, match=r"w\.pth: no weights for 'cls_token'"):
        loaded(SMALL, (64, 64), {})


def test_weights_of_another_library_are_never_taken_by_their_order():
    renamed = {
        f"layer{i}": v for i, v in enumerate(build_vit(SMALL, (64, 64)).state_dict().values())
    }
    with pytest.raises(SuperAnimalError, match=r"w\.pth: no weights for 'cls_token'"):
        loaded(SMALL, (64, 64), renamed)


@pytest.mark.parametrize("positions", [1, 6, 17])
def test_positions_that_are_no_square_are_refused(positions):
    weights = build_vit(SMALL, (64, 64)).state_dict()
    del weights["position_grid"]
    weights["pos_embed"] = torch.zeros(1, positions, 64)
    if math.isqrt(positions - 1) ** 2 == positions - 1 and positions > 1:
        loaded(SMALL, (64, 64), weights)
        return
    with pytest.raises(SuperAnimalError, match=rf"has {positions - 1} positions .* no square grid"):
        loaded(SMALL, (64, 64), weights)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "vit_small_patch14_dino2",
            "'vit_small_patch14_dino2' is no plain .* mean 'vit_small_patc",
        ),
        ("resnet18", "'resnet18' is no plain vision transformer of timm"),
        ("vit_small_patch16_dinov3", "'vit_small_patch16_dinov3' is no plain"),
    ],
)
def test_what_is_no_plain_transformer_is_named(name, sentence):
    with pytest.raises(SuperAnimalError, match=sentence):
        build_vit(name, (64, 64))


def test_crops_that_are_no_whole_patches_are_refused_with_the_nearest_sides():
    sentence = (
        r"'vit_small_patch14_dinov2' does not take crops of 100 x 224 px \(its patches are 16 px "
        r"wide; the nearest sides are 96 or 112 and 224 px\); change input_size_px"
    )
    with pytest.raises(SuperAnimalError, match=sentence):
        build_vit(DINO, (100, 224))


def test_crops_of_another_size_than_it_was_built_for_are_refused():
    with pytest.raises(SuperAnimalError, match="does not take crops of 96 x 64 px"):
        vit_bundle(SPACE, crop=square_crop(WIDE), size_px=(64, 64))


def test_nearest_sides_are_whole_patches_around_a_side():
    for side in range(1, 100):
        sides = [int(each) for each in nearest_sides(side, 16).split(" or ")]
        assert all(each % 16 == 0 and each > 0 and abs(each - side) < 16 for each in sides)
        assert sides == [side] if side % 16 == 0 else len(sides) == 2 - (side < 16)


def test_the_name_of_the_weights_behind_a_point_is_left_out():
    assert build_vit(f"{DINO}.lvd142m", (32, 32)).patch_embed.grid_size == (2, 2)
    assert {DINO, DINO_REGISTERS, SMALL, "deit3_small_patch16_224"} <= set(vit_names())


def test_a_model_folder_gives_back_the_network_and_its_encoder(tmp_path):
    torch.manual_seed(0)
    bundle = vit_bundle(SPACE, crop=square_crop(WIDE))
    write_bundle(bundle, tmp_path / "member", {"rule": "pretrain"}, History())
    again = read_bundle(tmp_path / "member")
    crops = torch.randn(1, 3, WIDE[1], WIDE[0])
    with torch.inference_mode():
        assert torch.equal(again.network(crops), bundle.network.eval()(crops))
    weights = read_initial_weights(str(tmp_path / "member"))
    taken = vit_bundle(SPACE, crop=square_crop(WIDE), stride_px=8, weights=weights).network
    for name, value in bundle.network.backbone.state_dict().items():
        assert torch.equal(taken.backbone.state_dict()[name], value)


def test_a_new_head_stands_on_the_parents_encoder():
    torch.manual_seed(0)
    parent = vit_bundle(SPACE)
    torch.manual_seed(1)
    child = start_from(parent, NEW_HEAD, ("lab",), ("a",))
    crops = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        features = [b.network.eval().backbone.forward_features(crops) for b in (parent, child)]
        assert torch.equal(*features)
        assert not torch.equal(parent.network(crops), child.network(crops))


def test_half_precision_gives_nearly_the_same_heatmaps():
    torch.manual_seed(0)
    network = vit_bundle(SPACE).network.eval()
    nn.init.normal_(network.head.weight)
    crops = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        exact = network(crops)
        with torch.autocast("cpu", torch.bfloat16):
            halved = network(crops)
    assert halved.dtype == torch.bfloat16
    error = (halved.float() - exact).abs().max() / exact.abs().max()
    assert 0 < error < 0.05


@pytest.mark.slow  # the compiler takes half a minute
def test_a_compiled_transformer_sees_the_same():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = vit_bundle(SPACE).network.eval()
    nn.init.normal_(network.head.weight)
    crops = torch.randn(3, 3, 64, 64)
    with torch.inference_mode():
        plain = network(crops)
        network.compile()
        np.testing.assert_allclose(network(crops), plain, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(network(crops[:2]), plain[:2], rtol=1e-3, atol=1e-3)
