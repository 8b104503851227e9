import subprocess
import sys
from pathlib import Path

import pytest

from superanimal_core.errors import DatasetError
from superanimal_core.formats.documents import (
    extended_space,
    read_json,
    read_keypoint_space,
    read_yaml,
)
from superanimal_core.formats.sheets import read_conversion_rows, read_sheet

SPACES = Path(__file__).parents[2] / "config" / "keypoints"


def written(tmp_path, content, name="sheet.tsv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_sheet_keeps_row_numbers_and_leaves_out_comments(tmp_path):
    text = "# made by hand\n\na\tb\n1\t 2 \n#3\t4\n5\n6\tx # y\n"
    rows = read_sheet(written(tmp_path, b"\xef\xbb\xbf" + text.encode()))
    assert [(r.number, dict(r.cells)) for r in rows] == [
        (4, {"a": "1", "b": "2"}),
        (6, {"a": "5", "b": ""}),
        (7, {"a": "6", "b": "x # y"}),
    ]


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_windows_line_ends_are_the_same_sheet(tmp_path, ending):
    assert read_sheet(written(tmp_path, f"a\tb{ending}1\t2{ending}"))[0].cells == {
        "a": "1",
        "b": "2",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty; the first line must name the columns"),
        ("# only\n", "empty"),
        ("a\ta\n", "row 1: column 'a' stands twice"),
        ("a\t\tb\n", "row 1: a column has no name"),
        ("a\n1\t2\n", "row 2: 2 cells for 1 columns"),
        (b"a\n\xff\n", "line 2: not UTF-8; save it as UTF-8"),
        (b"a\nb\nmy M\xe4use\n", "line 3, after 'my M': not UTF-8"),
        (b"M\xe4use\n", "line 1, after 'M': not UTF-8"),
        (b"\xff", "line 1: not UTF-8"),
        (b"PK\x03\x04\xff\xff", "is a spreadsheet's workbook; save it from there as text"),
    ],
)
def test_a_wrong_sheet_is_named(tmp_path, content, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read_sheet(written(tmp_path, content))
    assert "sheet.tsv" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("source\tunified\n", "no rows"),
        ("source\ttarget\na\tb\n", "no column 'unified'; the columns are source, target"),
        ("source\tunified\n\tnose\n", "row 2: `source` is empty"),
    ],
)
def test_a_wrong_conversion_table_is_named(tmp_path, content, message):
    with pytest.raises(DatasetError, match=message):
        read_conversion_rows(written(tmp_path, content))


def test_broken_documents_are_named_with_their_place(tmp_path):
    with pytest.raises(DatasetError, match=r"j.json: line 2, column 4"):
        read_json(written(tmp_path, '{"a":\n   }', "j.json"))
    with pytest.raises(DatasetError, match=r"j.json: not a usable JSON"):
        read_json(written(tmp_path, "[" * 100_000, "j.json"))
    with pytest.raises(DatasetError, match=r"y.yaml: line 1, column"):
        read_yaml(written(tmp_path, "a: [1, 2", "y.yaml"))
    with pytest.raises(DatasetError, match=r"y.yaml: line 1"):
        read_yaml(written(tmp_path, "a: !!python/object/apply:os.system [ls]", "y.yaml"))
    with pytest.raises(DatasetError, match="cannot be read"):
        read_yaml(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "expected the keys"),
        ("name: s\nkeypoint: [a]", "unknown key 'keypoint'; did you mean 'keypoints'"),
        ("name: other\nkeypoints: [a]", "must be the file's own name"),
        ("name: s\nkeypoints: [a, 1]", "keypoints must be a list of names"),
        ("name: s\nkeypoints: [a, a]", "stand more than once"),
        ("name: s\nkeypoints: [a]\nbones: [[a, b]]", "has no keypoint 'b'"),
        ("name: s\nkeypoints: [a]\nbones: [a]", "bones must be a list of pairs"),
        ("name: s\nkeypoints: [a]\noks_sigmas: [0.1, 0.1]", "2 oks_sigmas for 1 keypoints"),
        ("name: s\nkeypoints: [a]\noks_sigmas: [x]", "list of positive numbers"),
    ],
)
def test_a_wrong_space_is_named(tmp_path, text, message):
    with pytest.raises(DatasetError, match=message) as caught:
        read_keypoint_space(written(tmp_path, text, "s.yaml"))
    assert "s.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("space", "count"),
    [
        ("superanimal_topviewmouse", 27),
        ("superanimal_quadruped", 39),
        ("superanimal_bird", 42),
        ("superanimal_humanbody", 17),
    ],
)
def test_released_spaces_are_complete(space, count):
    read = read_keypoint_space(SPACES / f"{space}.yaml")
    assert (len(read), len(read.oks_sigmas)) == (count, count)
    paired = {k for pair in read.mirror_pairs for k in pair}
    assert paired == {k for k in read.keypoints if "left" in k or "right" in k}
    for left, right in read.mirror_pairs:
        assert left.replace("left", "right") == right
    assert {k for bone in read.bones for k in bone} == set(read.keypoints)


def test_documents_stay_light_for_the_snakefile():
    code = "import sys, superanimal_core.formats.documents as d; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"pandas", "pyarrow", "torch", "h5py", "cv2", "PIL"} & set(loaded.stdout.split())


BASE = "name: b\nkeypoints: [nose, l, r]\nmirror_pairs: [[l, r]]\nbones: [[nose, l]]\n"


def test_a_space_that_extends_another_has_its_keypoints_first(tmp_path):
    written(tmp_path, BASE, "b.yaml")
    own = written(
        tmp_path,
        "name: s\nextends: b\nkeypoints: [il, ir]\nmirror_pairs: [[il, ir]]\nbones: [[nose, il]]\n",
        "s.yaml",
    )
    space = read_keypoint_space(own)
    assert space.name == "s"
    assert space.keypoints == ("nose", "l", "r", "il", "ir")
    assert space.mirror_pairs == (("l", "r"), ("il", "ir"))
    assert space.bones == (("nose", "l"), ("nose", "il"))
    assert extended_space(own) == "b"
    assert extended_space(tmp_path / "b.yaml") is None


def test_what_is_extended_may_lie_elsewhere_and_extend_in_turn(tmp_path):
    (tmp_path / "far").mkdir()
    files = [
        written(tmp_path, "name: s\nextends: m\nkeypoints: [c]\n", "s.yaml"),
        written(tmp_path / "far", "name: m\nextends: b\nkeypoints: [z]\n", "m.yaml"),
        written(tmp_path / "far", BASE, "b.yaml"),
    ]
    assert read_keypoint_space(*files).keypoints == ("nose", "l", "r", "z", "c")
    with pytest.raises(DatasetError, match=r"m\.yaml: cannot be read"):
        read_keypoint_space(files[0])


@pytest.mark.parametrize(
    ("sigmas", "own", "all_sigmas"),
    [
        ("[0.1, 0.2, 0.3]", "[0.4]", (0.1, 0.2, 0.3, 0.4)),
        ("[0.1, 0.2, 0.3]", "[]", ()),
        ("[]", "[0.4]", ()),
    ],
)
def test_sigmas_are_known_of_all_keypoints_or_of_none(tmp_path, sigmas, own, all_sigmas):
    written(tmp_path, BASE + f"oks_sigmas: {sigmas}\n", "b.yaml")
    text = f"name: s\nextends: b\nkeypoints: [c]\noks_sigmas: {own}\n"
    assert read_keypoint_space(written(tmp_path, text, "s.yaml")).oks_sigmas == all_sigmas


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: b\nkeypoints: [nose]", "'b' has the keypoint 'nose' already"),
        ("extends: [b]\nkeypoints: [c]", r"extends is \['b'\]; it must be the name of one space"),
        ("extends: s\nkeypoints: [c]", "it extends itself"),
        ("extends: b\nkeypoints: [c]\nbones: [[c, d]]", "has no keypoint 'd'"),
        ("extends: b\nkeypoints: [c]\noks_sigmas: [1, 2]", "2 oks_sigmas for 1 keypoints"),
    ],
)
def test_a_wrong_extension_is_told_with_its_file(tmp_path, text, message):
    written(tmp_path, BASE, "b.yaml")
    with pytest.raises(DatasetError, match=rf"s\.yaml: .*{message}"):
        read_keypoint_space(written(tmp_path, f"name: s\n{text}\n", "s.yaml"))
