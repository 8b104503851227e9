import codecs

import pytest

from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import read_yaml
from superanimal_core.formats.sheets import read_sheet


def cells(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "s.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return [dict(row.cells) for row in read_sheet(path)]


@pytest.mark.parametrize(
    "text",
    [
        "path\tgroup\na\tb\n",
        "path\tgroup\r\na\tb\r\n",
        "path\tgroup\ra\tb\r",
        '"path"\t"group"\n"a"\t"b"\n',
        codecs.BOM_UTF16_LE + "path\tgroup\r\na\tb\r\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "path\tgroup\na\tb\n".encode("utf-16-be"),
        "path\tgroup\r\na\tb\r\n".encode("utf-16-le"),
        "path\tgroup\r\na\tb\r\n".encode("utf-16-be"),
        "\ufeffpath\tgroup\n\n# a remark\n a \tb\t\t\n",
    ],
)
def test_one_sheet_in_all_its_writings(tmp_path, text):
    assert cells(tmp_path, text) == [{"path": "a", "group": "b"}]


def test_quotes_of_a_spreadsheet_are_quotes_and_others_letters(tmp_path):
    text = 'path\tgroup\n"raw/a, b.mp4"\t5" box\n"say ""a"".mp4"\t"\n'
    assert cells(tmp_path, text) == [
        {"path": "raw/a, b.mp4", "group": '5" box'},
        {"path": 'say "a".mp4', "group": '"'},
    ]


@pytest.mark.parametrize("separator", [";", ",", "|", " ", "  "])
def test_another_separator_is_told_once_with_the_header(tmp_path, separator):
    header = separator.join(["path", "video"])
    lines = [header, *(separator.join([f"raw/{i}.mp4", f"v{i}"]) for i in range(300))]
    with pytest.raises(DatasetError) as told:
        cells(tmp_path, "\n".join(lines))
    assert str(told.value).count("row") == 1
    assert f"the header reads '{header}'" in str(told.value)


def test_one_column_needs_no_separator(tmp_path):
    assert cells(tmp_path, "path\nraw/a, b; c.mp4\n") == [{"path": "raw/a, b; c.mp4"}]


@pytest.mark.parametrize("letter", ["\u200b", "\ufeff", "\u202e", "\u00ad", "\x07"])
def test_what_nobody_sees_is_named(tmp_path, letter):
    with pytest.raises(DatasetError, match=f"row 2.*U\\+{ord(letter):04X}"):
        cells(tmp_path, f"path\nraw/a{letter}.mp4\n")
    with pytest.raises(DatasetError, match="row 1"):
        cells(tmp_path, f"pa{letter}th\nraw/a.mp4\n")


@pytest.mark.parametrize("failed", ["#N/A", "#NAME?", "#REF!", "#DIV/0!", "#BEZUG!", "#NV", "####"])
def test_a_formula_that_failed_is_no_comment_and_no_value(tmp_path, failed):
    for row in (f"{failed}\tb", f"a\t{failed}"):
        with pytest.raises(DatasetError, match=r"row 2: a cell reads '#.*spreadsheets write"):
            cells(tmp_path, f"path\tgroup\n{row}\n")


@pytest.mark.parametrize(
    "remark", ["# a", "#a\tb", "#####", "#", "#N/A is what we had\tb", "#1\tb", "#new mice!"]
)
def test_remarks_stay_remarks(tmp_path, remark):
    assert cells(tmp_path, f"path\tgroup\n{remark}\na\tb\n") == [{"path": "a", "group": "b"}]


def test_a_cell_of_two_lines_is_told_where_it_begins(tmp_path):
    for torn in ('"tired\nand slow"', '"tired\tand slow"'):
        with pytest.raises(DatasetError, match='row 3: a cell begins with "tired and its quotes'):
            cells(tmp_path, f"path\tnote\na\tb\na\t{torn}\n")
    assert cells(tmp_path, 'path\tnote\na\t"ko" line\n')[0]["note"] == '"ko" line'


def test_a_file_may_really_be_called_so(tmp_path):
    file = tmp_path / "a\u200b.mp4"
    file.touch()
    assert cells(tmp_path, f"path\n{file}\n") == [{"path": str(file)}]


def test_a_file_whose_name_begins_so_is_no_comment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "#1").mkdir()
    (tmp_path / "#1/m.mp4").touch()
    text = "path\tcamera\n#1/m.mp4\tside\n#1/n.mp4\tside\n# path\tcamera\n"
    assert cells(tmp_path, text) == [{"path": "#1/m.mp4", "camera": "side"}]


@pytest.mark.parametrize(
    ("text", "key", "lines"),
    [
        ("a: 1\nb: 2\na: 3\n", "a", (1, 3)),
        ("s:\n  x: 1\n  y: 2\n  x: 1\n", "s.x", (2, 4)),
        ("l:\n  - {q: 1,\n     q: 2}\n", "l.q", (2, 3)),
        ("a: {b: 1}\nc: 2\n'a': 3\n", "a", (1, 3)),
    ],
)
def test_a_key_that_stands_twice_is_told_with_both_lines(tmp_path, text, key, lines):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    first, second = lines
    told = f"line {second}: '{key}' stands twice, in line {first}, too"
    with pytest.raises(DatasetError, match=told):
        read_yaml(path)


def test_the_same_key_in_two_sections_is_no_repetition(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("a: {x: 1}\nb: {x: 2}\nc: [{x: 1}, {x: 2}]\nd: &d {y: 1}\ne: {<<: *d, y: 2}\n")
    assert read_yaml(path)["b"] == {"x": 2}
