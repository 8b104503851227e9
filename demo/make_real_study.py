"""Write a study of real mice: three labeled sets in one space, one open-field video.

The recordings are not part of this repository: SUPERANIMAL_SHARED names the folder that holds them.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

import yaml
from drawn_study import write_conversion_table, write_synthetic_lab
from own_keypoints import write_own_keypoints
from study_files import write_config, write_sheet

from superanimal_core.synthetic.labs import LABS
from superanimal_core.tables.atomic import replacing

EVERY_TRACKED_FRAME = 6  # neighbors in a 30 Hz video look alike
HEADER_ROWS = 4
LAB_PICTURES = 260
SPACE = "superanimal_topviewmouse"
WEIGHTS = "backbones/mobilenet_v2_imagenet.npz"


def main() -> None:
    """Parse the command line and write the study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the study's folder; made when it does not exist")
    parser.add_argument(
        "--transfer",
        action="store_true",
        help="for the transfer table: open-field labels are only to be learned from there, and "
        "synthetic mice take their place; one network. A mouse from the side and a fly are learned "
        "with keypoints of their own",
    )
    chosen = parser.parse_args()
    folder = chosen.folder
    shared = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data"
    if not (shared / "openfield").is_dir():
        sys.exit(
            f"{shared}: no such recordings; set SUPERANIMAL_SHARED to the folder that has them"
        )
    (folder / "config").mkdir(parents=True, exist_ok=True)
    write_tracks(shared / "mabe_mice", folder / "datasets" / "mabe_mice")
    here = Path(os.path.relpath(shared.resolve(), folder.resolve()))
    settings = yaml.safe_load(Path(__file__).with_name("real.yaml").read_text(encoding="utf-8"))
    settings["models"]["mouse"]["initial_weights"] = str(here / WEIGHTS)
    rows = [
        ("openfield", here / "openfield", "deeplabcut", "pretrain"),
        ("anipose_mouse", here / "anipose_mouse/top.slp", "sleap", "pretrain"),
        ("mabe_mice", "datasets/mabe_mice", "deeplabcut_tracks", "pretrain"),
    ]
    if chosen.transfer:
        rows[0] = (*rows[0][:3], "evaluate")
        rows += write_labs(folder)
        settings["models"]["mouse"]["seeds"] = settings["transfer"]["seeds"][:1]
    rows = [(name, path, form, SPACE, role) for name, path, form, role in rows]
    if chosen.transfer:
        rows += write_own_keypoints(folder, shared, here)
        settings["transfer"]["spaces"] = [row[3] for row in rows if row[3] != SPACE]
    write_config(settings, folder / "config" / "config.yaml")
    names = ("dataset", "path", "format", "space", "role")
    write_sheet([names, *rows], folder / "config" / "datasets.tsv")
    videos = [("path", "video"), (here / "openfield/videos/m3v1mp4.mp4", "openfield_m3v1")]
    write_sheet(videos, folder / "config" / "videos.tsv")


def write_labs(folder: Path) -> list[tuple[str, str, str, str]]:
    """The synthetic labs that have mice, drawn as for the demo, and their rows of the sheet."""
    rows = []
    for lab in LABS:
        if lab.animal == "mouse":
            target = folder / "datasets" / lab.name
            if not target.is_dir():
                write_synthetic_lab(lab, target, LAB_PICTURES, seed=0)
            table = folder / "config" / "keypoints" / SPACE / f"{lab.name}.tsv"
            write_conversion_table(lab, table)
            document = "/annotations.json" if lab.layout == "coco" else ""
            rows.append((lab.name, f"datasets/{lab.name}{document}", lab.layout, "pretrain"))
    return rows


def write_tracks(source: Path, target: Path) -> None:
    """The video, and every sixth row of its machine-made tracks."""
    lines = (source / "tracks.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = lines[:HEADER_ROWS] + lines[HEADER_ROWS::EVERY_TRACKED_FRAME]
    if not target.is_dir():
        with replacing(target) as temporary:
            temporary.mkdir()
            shutil.copyfile(source / "video.mp4", temporary / "video.mp4")
            (temporary / "tracks.csv").write_text("".join(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
