"""What Snakemake measured of a job, read from its own files."""

from superanimal_core.tables.benchmark_files import read_benchmark

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time"


def test_rows_whose_figures_are_all_known_are_read(tmp_path):
    rows = [
        "1.5\t0:00:01\t200.5\t1\t1\t1\t0\t0\t0\t1.25",
        "0.1\t0:00:00\tNA\tNA\tNA\tNA\t0\t0\t0\tNA",
    ]
    file = tmp_path / "a.tsv"
    file.write_text("\n".join([HEAD, *rows, "2\t", ""]))
    assert read_benchmark(file) == [{"s": 1.5, "max_rss": 200.5, "cpu_time": 1.25}]
    file.write_text("")
    assert read_benchmark(file) == []
