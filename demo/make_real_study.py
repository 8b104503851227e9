"""Write a study of real mice: three labeled sets in one space, one open-field video.

The recordings are not part of this repository: SUPERANIMAL_SHARED names the folder that holds them.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import yaml

from superanimal_core.files.atomic import replacing

EVERY_TRACKED_FRAME = 6  # neighbors in a 30 Hz video look alike
HEADER_ROWS = 4


def main() -> None:
    """Parse the command line and write the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the study's folder; made when it does not exist")
    folder = parser.parse_args().folder
    shared = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
    if not (shared / "openfield").is_dir():
        sys.exit(
            f"{shared}: no such recordings; set SUPERANIMAL_SHARED to the folder that has them"
        )
    (folder / "config").mkdir(parents=True, exist_ok=True)
    write_tracks(shared / "mabe_mice", folder / "datasets" / "mabe_mice")
    here = Path(os.path.relpath(shared.resolve(), folder.resolve()))
    write_config(here, folder / "config" / "config.yaml")
    rows = [
        ("dataset", "path", "format", "space", "role"),
        ("openfield", here / "openfield", "deeplabcut", "superanimal_topviewmouse", "pretrain"),
        (
            "anipose_mouse",
            here / "anipose_mouse/top.slp",
            "sleap",
            "superanimal_topviewmouse",
            "pretrain",
        ),
        (
            "mabe_mice",
            "datasets/mabe_mice",
            "deeplabcut_tracks",
            "superanimal_topviewmouse",
            "pretrain",
        ),
    ]
    write_sheet(rows, folder / "config" / "datasets.tsv")
    videos = [("path", "video"), (here / "openfield/videos/m3v1mp4.mp4", "openfield_m3v1")]
    write_sheet(videos, folder / "config" / "videos.tsv")


def write_tracks(source: Path, target: Path) -> None:
    """The video, and every sixth row of its machine-made tracks."""
    lines = (source / "tracks.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = lines[:HEADER_ROWS] + lines[HEADER_ROWS::EVERY_TRACKED_FRAME]
    if not target.is_dir():
        with replacing(target) as temporary:
            temporary.mkdir()
            shutil.copyfile(source / "video.mp4", temporary / "video.mp4")
            (temporary / "tracks.csv").write_text("".join(kept), encoding="utf-8")


def write_config(shared: Path, target: Path) -> None:
    """demo/real.yaml with the path of the pretrained backbone."""
    config = yaml.safe_load(Path(__file__).with_name("real.yaml").read_text(encoding="utf-8"))
    weights = str(shared / "backbones" / "mobilenet_v2_imagenet.npz")
    config["models"]["mouse"]["initial_weights"] = weights
    with replacing(target) as temporary:
        temporary.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def write_sheet(rows: list[tuple], target: Path) -> None:
    """A tab-separated sheet."""
    with replacing(target) as temporary:
        temporary.write_text(
            "".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
