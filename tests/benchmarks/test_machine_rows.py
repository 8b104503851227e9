"""Rows that benchmarks keep, and the page that shows them."""

import csv
import importlib.util
import platform
import re
import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def loaded(path):
    """A file that is a program of its own, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def kept():
    return loaded(ROOT / "benchmarks/machine_rows.py")


@pytest.fixture
def generate():
    return loaded(ROOT / "docs/generate.py")


def test_a_row_says_what_on_which_machine_and_in_which_version(kept, tmp_path):
    kept.keep_row("b", "mouse", {"frames_per_s": 12.3456, "error_px": 2.0}, folder=tmp_path)
    (row,) = kept.rows_of(tmp_path / "b.csv")
    assert list(row) == [*kept.COLUMNS, "frames_per_s", "error_px"]
    assert (row["case"], row["frames_per_s"], row["error_px"]) == ("mouse", "12.35", "2")
    assert (row["precision"], row["engine"]) == ("float32", "torch")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", row["date"])
    assert re.match(r"\d+\.\d+\.\d+ ?", row["version"])
    assert int(row["cores"]) >= 1
    assert row["processor"]


def test_no_row_names_the_machine(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "secret-host")
    monkeypatch.setattr(platform, "node", lambda: "secret-host")
    kept.keep_row("b", "mouse", {"frames_per_s": 1.0}, folder=tmp_path)
    assert "secret-host" not in (tmp_path / "b.csv").read_text()


def test_a_row_of_the_same_machine_version_and_case_takes_the_place_of_the_old(kept, tmp_path):
    for value in (1.0, 2.0):
        kept.keep_row("b", "mouse", {"frames_per_s": value}, folder=tmp_path)
        kept.keep_row("b", "fly", {"frames_per_s": value}, folder=tmp_path)
    kept.keep_row("b", "fly", {"frames_per_s": 3.0}, folder=tmp_path, precision="bfloat16")
    kept.keep_row("b", "fly", {"frames_per_s": 4.0}, folder=tmp_path, engine="onnxruntime")
    kept.keep_row("b", "fly", {"frames_per_s": 5.0}, folder=tmp_path, device="a GPU")
    rows = kept.rows_of(tmp_path / "b.csv")
    assert sorted(row["frames_per_s"] for row in rows) == ["2", "2", "3", "4", "5"]


def test_rows_of_other_versions_stay(kept, tmp_path, monkeypatch):
    kept.keep_row("b", "mouse", {"frames_per_s": 1.0}, folder=tmp_path)
    monkeypatch.setattr(kept, "version", lambda: "9.9.9 abc")
    kept.keep_row("b", "mouse", {"frames_per_s": 2.0, "memory_gb": 1.0}, folder=tmp_path)
    rows = kept.rows_of(tmp_path / "b.csv")
    assert sorted(row["frames_per_s"] for row in rows) == ["1", "2"]
    assert sorted(row["memory_gb"] for row in rows) == ["", "1"]


def test_the_order_of_rows_does_not_depend_on_that_of_measuring(kept, tmp_path):
    cases = ["c", "a", "b"]
    for name, order in (("one", cases), ("other", cases[::-1])):
        for case in order:
            kept.keep_row(name, case, {"frames_per_s": 1.0}, folder=tmp_path)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "other.csv").read_bytes()


def test_the_page_shows_every_cell_and_leaves_what_was_written_by_hand(kept, generate, tmp_path):
    kept.keep_row("b", "mouse, 25th | frame", {"frames_per_s": 1.5}, folder=tmp_path)
    kept.keep_row("a", "x", {"error_px": 2.0}, folder=tmp_path)
    text = "\n".join(generate.measured_tables(tmp_path))
    assert text.index("benchmarks/a.py") < text.index("benchmarks/b.py")
    assert "| mouse, 25th \\| frame | 1.5 |" in text
    assert "| frames per s |" in text
    page = generate.measured_page(f"by hand\n{generate.MADE_BELOW}\nold rows")
    assert page.startswith("by hand\n<!--")
    assert "old rows" not in page
    assert generate.measured_page(page) == page


@pytest.mark.parametrize(
    "path", sorted((ROOT / "benchmarks/results").glob("*.csv")), ids=lambda path: path.stem
)
def test_every_table_is_of_a_benchmark_and_whole(kept, path):
    assert (ROOT / "benchmarks" / f"{path.stem}.py").is_file()
    with path.open(encoding="utf-8", newline="") as table:
        header, *rows = csv.reader(table)
    assert header[: len(kept.COLUMNS)] == list(kept.COLUMNS)
    assert all(len(row) == len(header) for row in rows)
