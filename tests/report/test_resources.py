"""What a study cost: sums over what Snakemake wrote down, counted by hand."""

import os

import pytest

from superanimal_core.network.devices import use_device
from superanimal_core.report.cells import told_size, told_time
from superanimal_core.report.resources import (
    ASKED,
    SHOWN_RESULTS,
    TOLD,
    RuleUse,
    kind_of,
    read_sizes,
    read_uses,
    resources,
    size_table,
)

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def measured(study, job, s, rss, cpu, log=None):
    """What Snakemake writes of a job, and its log."""
    file = study / "benchmarks" / f"{job}.tsv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{HEAD}{s}\t0:00:01\t{rss}\t1\t1\t1\t0\t0\t0\t{cpu}\n")
    if log is not None:
        place = study / "logs" / f"{job}.log"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(log)


def test_jobs_of_a_rule_are_summed_and_those_that_were_not_watched_are_not(tmp_path):
    measured(tmp_path, "smooth_poses/a", 10, 300, 20)
    measured(tmp_path, "smooth_poses/b", 5, 700, 4)
    measured(tmp_path, "smooth_poses/short", 0.1, "NA", "NA")
    measured(tmp_path, "propose_conversion/model/set", 1, 100, 1)
    measured(tmp_path, "check_video/short", 0.1, "NA", "NA")
    assert read_uses(tmp_path) == [
        RuleUse("propose_conversion", 1, 1.0, 1.0, 0.0, 100.0),
        RuleUse("smooth_poses", 2, 15.0, 24.0, 0.0, 700.0),
    ]
    assert read_uses(tmp_path / "nothing") == []


def test_time_with_a_graphics_processor_is_that_of_jobs_whose_log_says_so(tmp_path):
    old = f"{TOLD}a processor, or mps\nkilled\n"
    measured(tmp_path, "predict_poses/a", 10, 1, 1, f"{old}warned\n{TOLD}cuda\n")
    measured(tmp_path, "predict_poses/b", 100, 1, 1, f"{TOLD}cuda\n{old}")
    measured(tmp_path, "predict_poses/c", 1000, 1, 1, "nothing")
    measured(tmp_path, "predict_poses/d", 10000, 1, 1)
    assert read_uses(tmp_path)[0].gpu_s == 10


@pytest.mark.parametrize(("silent", "seconds"), [(ASKED - 1, 7.0), (ASKED, 0.0)])
def test_where_the_first_logs_tell_no_device_the_others_are_not_read(tmp_path, silent, seconds):
    for i in range(silent):
        measured(tmp_path, f"smooth_poses/a{i:02d}", 1, 1, 1, "smoothed")
    measured(tmp_path, "smooth_poses/b", 7, 1, 1, f"{TOLD}cuda\n")
    assert read_uses(tmp_path)[0].gpu_s == seconds


def test_jobs_tell_their_device(capsys):
    use_device(1, seed=0)
    assert TOLD in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("settings.yaml", "settings.yaml"),
        ("tables/gait.parquet", "tables/gait.parquet"),
        ("videos/m1/poses.parquet", "videos/*/poses.parquet"),
        ("videos/m1/adapted/member-0.parquet", "videos/*/adapted"),
        ("models/net/member-3/weights.safetensors", "models/*/member-*"),
        ("models/net/detector/bundle.json", "models/*/detector"),
        ("tables/poses/video=m1/part-0.parquet", "tables/*/video=m1"),
    ],
)
def test_results_are_of_a_kind(path, kind):
    assert kind_of(path) == kind


def test_every_file_counts_once_in_its_own_folder(tmp_path):
    for video, size in (("a", 1000), ("b", 3000)):
        folder = tmp_path / "videos" / video
        folder.mkdir(parents=True)
        (folder / "poses.parquet").write_bytes(bytes(size))
        linked = tmp_path / "tables/poses" / f"video={video}"
        linked.mkdir(parents=True)
        os.link(folder / "poses.parquet", linked / "part-0.parquet")
    (tmp_path / "report").mkdir()
    (tmp_path / "report/index.html").write_bytes(bytes(9))
    (tmp_path / ".hidden").write_bytes(bytes(9))
    assert read_sizes(tmp_path) == {"videos/*/poses.parquet": (2, 4000)}
    assert read_sizes(tmp_path / "nothing") == {}


@pytest.mark.parametrize("kinds", [SHOWN_RESULTS, SHOWN_RESULTS + 1])
def test_the_smallest_kinds_are_told_together(kinds):
    sizes = {f"k{i:02d}": (1, 1000 * (i + 1)) for i in range(kinds)}
    rows = size_table(sizes).rows
    assert len(rows) == SHOWN_RESULTS
    assert rows[0] == (f"k{kinds - 1:02d}", "1", f"{kinds} kB")
    assert rows[-1] == (
        ("k00", "1", "1 kB") if kinds == SHOWN_RESULTS else ("2 other kinds", "2", "3 kB")
    )


def test_all_is_summed_in_one_sentence():
    uses = [RuleUse("a", 2, 7200, 3600, 0, 500), RuleUse("b", 1, 60, 30, 60, 2500)]
    section = resources(uses, {"x": (3, 5_000_000)})
    assert section["sentence"] == (
        "3 jobs took 1.01 h of processors and 1 min with a graphics processor (2.02 h by the "
        "clock, one after the other), at most 2.5 GB of memory at once (b), and 5 MB of disk."
    )
    assert section["rules"].rows[0] == ("a", "2", "2 h", "1 h", "–", "30 min", "500 MB")
    assert resources([], {"x": (1, 1)}) is None


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (999_999, "1,000 kB"),
        (1e6, "1 MB"),
        (99_900, "99.9 kB"),
        (123_456, "123 kB"),
        (2.5e12, "2.5 TB"),
    ],
)
def test_sizes_are_told_in_the_unit_that_fits(size, told):
    assert told_size(size) == told


def test_long_times_have_no_exponent():
    assert told_time(1234.5 * 86400) == "1,234 days"
