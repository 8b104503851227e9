import pytest

from superanimal_core.tables.atomic import replacing


def everything_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def write_half_of(target, write):
    def stumble():
        with replacing(target) as temporary:
            write(temporary)
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        stumble()


def test_a_file_appears_when_the_block_ends(tmp_path):
    target = tmp_path / "new" / "table.parquet"
    with replacing(target) as temporary:
        temporary.write_text("whole")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.suffix == ".parquet"
        assert temporary.name.startswith(".")
    assert target.read_text() == "whole"
    assert everything_in(tmp_path) == ["new", "new/table.parquet"]


def test_an_exception_leaves_nothing_and_the_old_file_as_it_was(tmp_path):
    target = tmp_path / "table.parquet"
    target.write_text("old")
    write_half_of(target, lambda temporary: temporary.write_text("half"))
    assert target.read_text() == "old"
    assert everything_in(tmp_path) == ["table.parquet"]


def test_an_exception_leaves_no_folder(tmp_path):
    write_half_of(tmp_path / "model", lambda temporary: (temporary / "weights").mkdir(parents=True))
    assert everything_in(tmp_path) == []


def test_a_folder_replaces_the_one_before_with_all_that_was_in_it(tmp_path):
    for content in ("first", "second"):
        with replacing(tmp_path / "model") as temporary:
            temporary.mkdir()
            (temporary / content).write_text(content)
    assert everything_in(tmp_path) == ["model", "model/second"]


def test_two_writers_do_not_touch_each_other(tmp_path):
    target = tmp_path / "table.parquet"
    with replacing(target) as first:
        first.write_text("first")
        with replacing(target) as second:
            second.write_text("second")
        assert target.read_text() == "second"
        assert first.read_text() == "first"
    assert target.read_text() == "first"
