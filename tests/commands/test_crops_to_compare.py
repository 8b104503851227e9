"""A network leaves a study that lists no video, or a wrong one, and says what was not done."""

import pytest

from superanimal_core.commands.export_model import crops_to_compare


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        ("path\n", "config/videos.tsv: lists no video"),
        (None, "config/videos.tsv"),
        ("path\tcm_per_px\nm.mp4\t1\n", "in no video of this study was an animal found yet"),
    ],
)
def test_without_videos_there_is_nothing_to_compare_on_and_why(tmp_path, sheet, why):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("{}\n")
    if sheet is not None:
        (tmp_path / "config/videos.tsv").write_text(sheet)
    crops, told = crops_to_compare(tmp_path, bundle=None)
    assert crops == []
    assert why in told
