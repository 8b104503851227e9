"""What `plan` foresees against what the run takes: 20 videos, from 40 to 420 frames.

    python benchmarks/forecast.py [--quick] [--videos N] [--record]

A study of drawn mice in a folder of its own: one network and a detector are trained for some steps,
then every video goes through the whole chain. Both figures are seconds of the processor, of all
jobs together, as Snakemake's own benchmarks measured them. Aim: 30 % in all. --quick: 4 videos.
"""

import csv
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from asked import options_in, parser_of_videos
from machine_rows import add_record_option, keep_row

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "demo")]

from drawn_study import (  # noqa: E402 -- found by the line above
    LICENSE,
    write_conversion_table,
    write_synthetic_lab,
    write_synthetic_video,
)

from superanimal_core.commands import plan  # noqa: E402
from superanimal_core.commands.plan_costs import RuleCost  # noqa: E402
from superanimal_core.commands.study_folder import read_here  # noqa: E402
from superanimal_core.synthetic.casting import mouse_video_scene  # noqa: E402
from superanimal_core.synthetic.labs import LABS, SPACES  # noqa: E402

VIDEOS, QUICK_VIDEOS = 20, 4
FEWEST_FRAMES, MORE_FRAMES, FPS = 40, 20, 50.0
AIM = 0.3
CONFIG = """
models:
  mouse:
    space: superanimal_topviewmouse
    backbone: mobilenetv2_050
    input_size_px: 128
    detector_size_px: 256
    seeds: [0]
training: { steps: 200 }
detector: { steps: 60, every_frames: 10 }
adaptation: { enabled: false }
report: { labeled_videos: all }
"""


def main() -> None:
    """Print a line per rule and the sum; exit 1 where the sum is missed."""
    parser = parser_of_videos(__doc__, VIDEOS, QUICK_VIDEOS)
    add_record_option(parser)
    options = options_in(parser)
    videos = options.videos
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        write_study(videos)
        foreseen = forecast()
        command = plan.snakemake_command(Path(), ["--quiet", "all"], is_slurm=False)
        subprocess.run(command, check=True)
        foreseen_s, took_s = sums_told(foreseen)
    error = foreseen_s / took_s - 1
    print(f"{videos} videos: {foreseen_s:.0f} s foreseen, {took_s:.0f} s taken: {error:+.0%}")
    if options.record:
        figures = {"foreseen_s": foreseen_s, "took_s": took_s, "error_fraction": error}
        keep_row("forecast", f"{videos} videos", figures)
    sys.exit(abs(error) > AIM)


def write_study(videos: int) -> None:
    """Labels of one lab, and videos of different lengths, in the working directory."""
    lab = next(lab for lab in LABS if lab.animal == "mouse")
    write_synthetic_lab(lab, Path("datasets") / lab.name, 120, seed=0)
    write_conversion_table(lab, Path("config/keypoints", SPACES["mouse"], f"{lab.name}.tsv"))
    rows = ["path\tmodel"]
    for number in range(videos):
        frames, path = FEWEST_FRAMES + MORE_FRAMES * number, f"raw/v{number:02d}.mp4"
        write_synthetic_video(mouse_video_scene(number, frames / FPS), path, FPS, frames)
        rows.append(f"{path}\tmouse")
    Path("config/config.yaml").write_text(CONFIG, encoding="utf-8")
    Path("config/videos.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    place = f"datasets/{lab.name}" + ("/annotations.json" if lab.layout == "coco" else "")
    row = (lab.name, place, lab.layout, SPACES["mouse"], "pretrain", LICENSE)
    head = "dataset\tpath\tformat\tspace\trole\tlicense\n"
    Path("config/datasets.tsv").write_text(head + "\t".join(row) + "\n", encoding="utf-8")


def forecast() -> list[RuleCost]:
    """What `plan` says of the study in the working directory."""
    study, jobs = read_here(), plan.jobs_left()
    return plan.costs_of(study, jobs, plan.looks_at_videos(study), 30.0)


def sums_told(foreseen: list[RuleCost]) -> tuple[float, float]:
    """Print what was foreseen and what it took (s), rule by rule; the sums."""
    print(f"{'rule':22} {'foreseen':>9} {'took':>9}")
    sums = [0.0, 0.0]
    for cost in foreseen:
        took = sum(_seconds(file) for file in Path("benchmarks", cost.rule).glob("*.tsv"))
        if not took:
            continue  # a rule without a benchmark
        sums = [sums[0] + cost.cpu_s, sums[1] + took]
        print(f"{cost.rule:22} {cost.cpu_s:8.0f}s {took:8.0f}s  {cost.known_by}")
    return sums[0], sums[1]


def _seconds(file: Path) -> float:
    """Seconds of the processor of a job, as Snakemake measured them."""
    with file.open(encoding="utf-8") as table:
        return sum(float(row["cpu_time"]) for row in csv.DictReader(table, delimiter="\t"))


if __name__ == "__main__":
    main()
