"""What runs again after what people do to a finished study: one line each.

    python benchmarks/reruns.py [--study FOLDER] [--quick]

A tiny study is run once (kept in FOLDER, where that is given), then each change is made to a copy
of its own and planned with `snakemake -n`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / each) for each in (".", "tests", "tests/workflow")]

import test_same_study as changes  # noqa: E402 -- found by the line above
from test_provenance import pythons  # noqa: E402
from tiny_study import (  # noqa: E402
    change_setting,
    copy_workflow,
    planned,
    run_snakemake,
    write_tiny_study,
)

DIGESTS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from superanimal_core.provenance import script_digest
scripts = sorted(Path(sys.argv[1], "workflow/scripts").glob("*.py"))
print(*sys.version_info[:2], *map(script_digest, scripts))
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, help="where the finished study is kept")
    parser.add_argument("--quick", action="store_true", help="changes nothing")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        program = copy_workflow(folder / "program")
        study = (options.study or folder / "finished") / "study"
        if not study.exists():
            result = run_snakemake(program, write_tiny_study(study))
            if result.returncode:
                sys.exit(result.stdout[-3000:])
        show("nothing", program, study)
        show("a new clone", copy_workflow(folder / "clone"), study)
        for name, edit in (("touched scripts", str), ("a comment", changes.with_remarks)):
            clone = copy_workflow(folder / name)
            changes.edit_scripts(clone, edit)
            show(name, clone, study)
        print(f"{'another Python':46} {digests()}")
        for name, change in CHANGES.items():
            copy = shutil.copytree(study, folder / name.replace("/", " ") / "study", symlinks=True)
            change(copy)
            show(name, program, copy)
        moved = shutil.copytree(study, folder / "elsewhere" / "moved", symlinks=True)
        show("study moved", program, moved)
        dateless = shutil.copytree(study, folder / "dateless", copy_function=shutil.copyfile)
        show("study copied without dates", program, dateless)


def show(name: str, program: Path, study: Path) -> None:
    """One line: what a dry run plans, without the rule `all`."""
    plan = planned(run_snakemake(program, study, "-n"))
    jobs = [rule + (f" ({n})" if n > 1 else "") for rule, n in plan.items() if rule != "all"]
    print(f"{name:46} {', '.join(sorted(jobs)) or 'nothing to be done'}", flush=True)


def digests() -> str:
    """Whether every installed Python gives the scripts the same digests."""
    found: dict[str, str] = {}
    for python in pythons():
        command = [python, "-I", "-B", "-c", DIGESTS, str(ROOT)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        major, minor, *values = told.split()
        found[f"{major}.{minor}"] = " ".join(values)
    same = "the same digests" if len(set(found.values())) == 1 else "other digests"
    return f"{same} of all scripts on {', '.join(sorted(found))}"


def delete_results_of_a_video(study: Path) -> None:
    """As a user does who wants them made again."""
    shutil.rmtree(study / "results/videos/mouse")


def delete_tables(study: Path) -> None:
    """All cohort tables."""
    shutil.rmtree(study / "results/tables")


def replace_video_by_an_older_one(study: Path) -> None:
    """A file of the same name, of the year 2020."""
    video = study / "raw/mouse.mp4"
    changes.write_gray_video(video)
    os.utime(video, (1577836800, 1577836800))


CHANGES: dict[str, Callable[[Path], None]] = {
    "label corrected (table in a folder)": changes.correct_a_label,
    "label corrected (COCO document)": changes.correct_a_label_in_a_document,
    "labels of new sessions added": changes.add_labels_of_new_sessions,
    "picture replaced, same date": changes.replace_a_picture,
    "all inputs touched, stray files added": changes.touch_inputs_and_add_stray_files,
    "video replaced by an older one": replace_video_by_an_older_one,
    "video on another disk, another name": changes.move_the_video_to_another_disk,
    "data set on another disk": changes.move_a_data_set_to_another_disk,
    "video named by its whole path": changes.name_the_video_by_its_whole_path,
    "results of one video deleted": delete_results_of_a_video,
    "all tables deleted": delete_tables,
    "boxes, predictions deleted": changes.delete_what_is_no_product,
    "threshold changed (gait.min_swing_frames)": lambda s: change_setting(
        s, "gait.min_swing_frames", 6
    ),
}


if __name__ == "__main__":
    main()
