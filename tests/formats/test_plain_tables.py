"""Plain tables as spreadsheets and programs write them, and calibrations beside them."""

import pytest

from superanimal_core.errors import DatasetError, SuperAnimalError
from superanimal_core.formats.camera_files import read_cameras
from superanimal_core.formats.plain_tables import parse_columns

PLAIN = "image,keypoint,x,y\na.png,nose,1.5,2\na.png,tail,,\n"
RIGHT = {"image": ["a.png"] * 2, "keypoint": ["nose", "tail"], "x": ["1.5", ""], "y": ["2", ""]}


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\n", ",,\n"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", ";").replace("1.5", "1,5"),
        PLAIN.replace(",", "\t").replace("1.5", "1,5"),
        PLAIN + ",,,\n",
    ],
    ids=["plain", "commas", "semicolons", "decimal_comma", "tabs", "empty_row"],
)
def test_what_spreadsheets_make_of_a_table_is_the_same_table(text):
    assert parse_columns(text, "t.csv") == RIGHT


def test_only_whole_cells_that_are_numbers_get_a_decimal_point():
    text = "image;x\nMaus 1,2.png;-3,25\n1,5,6;7\n"
    columns = parse_columns(text, "t.csv")
    assert columns == {"image": ["Maus 1,2.png", "1,5,6"], "x": ["-3.25", "7"]}
    assert parse_columns('a,b\n"1,5",2\n', "t.csv")["a"] == ["1,5"]  # commas separate: no number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2,3\n", "row 2: 3 cells for 2 columns"),
        ("a,,b\na\n", "row 2: 1 cells for 3 columns"),
        ("a,a\n1,2\n", "each once"),
    ],
)
def test_a_row_that_does_not_fit_is_told(text, message):
    with pytest.raises(DatasetError, match=message):
        parse_columns(text, "t.csv")


CAMERA = """[cam_{i}]
name = "{name}"
matrix = [[500.0, 0.0, 100.0], [0.0, 500.0, 80.0], [0.0, 0.0, 1.0]]
distortions = [0.0]
rotation = [0.0, 0.0, 0.0]
translation = [0.0, 0.0, {i}.0]
"""


def test_two_cameras_of_one_name_are_an_error(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("".join(CAMERA.format(i=i, name=f"c{i}") for i in range(2)))
    assert list(read_cameras(path)) == ["c0", "c1"]
    path.write_text("".join(CAMERA.format(i=i, name="c") for i in range(2)))
    with pytest.raises(SuperAnimalError, match="two cameras are named 'c'; names are unique"):
        read_cameras(path)
