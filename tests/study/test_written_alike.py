"""Groups, animals and cameras that one person writes in two ways, and a spreadsheet in a third."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.settings.groups import GroupSettings
from superanimal_core.study.group_mistakes import group_mistakes
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.study.written_alike import alike_mistakes, as_people_read

ROW = VideoRow("v", "v.mp4", "m", 1, None, None, None, {})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("drug A", "drug\u00a0A"),
        ("drug A", "drug  A"),
        ("drug A", "Drug a"),
        ("K\u00f6ln", "Ko\u0308ln"),
        ("0012", "12"),
        ("0.5", "0,50"),
        ("3", "3.0"),
    ],
)
def test_one_name_in_two_ways_is_told_with_both(first, second):
    (mistake,) = alike_mistakes("videos.tsv", "group", [first, "other", second, first, ""])
    assert "'group' differ in capital letters, blanks, or how a number" in mistake
    assert f"'{first.replace(chr(160), '<U+00A0>')}'" in mistake
    assert "other" not in mistake


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("m1", "m01"),
        ("m1", "m10"),
        ("1", "10"),
        ("0.5", "5"),
        ("a b", "ab"),
        ("-1", "1"),
        ("", " "),
    ],
)
def test_two_names_are_two(first, second):
    assert alike_mistakes("videos.tsv", "group", [first, second]) == []


@given(st.text())
def test_how_a_name_is_written_does_not_change_what_people_read(name):
    read = as_people_read(name)
    assert as_people_read(f" {name}\u00a0") == read
    assert as_people_read(unicodedata.normalize("NFD", name)) == read


def test_a_file_of_two_animals_is_no_second_animal(tmp_path):
    (tmp_path / "v.mp4").touch()
    (tmp_path / "link.mp4").symlink_to("v.mp4")
    asked = GroupSettings(column="group", reference=None, animal_column="subject")

    def mistakes(*rows):
        return group_mistakes(
            asked,
            "videos.tsv",
            {
                str(i): replace(ROW, path=f"{tmp_path}/{file}", columns={"group": g, "subject": s})
                for i, (file, g, s) in enumerate(rows)
            },
        )

    (mistake,) = mistakes(("v.mp4", "a", "m1"), ("link.mp4", "b", "m2"))
    assert "link.mp4 is the video of 'm1' and of 'm2' (column 'subject')" in mistake
    assert mistakes(("v.mp4", "a", "m1"), ("v.mp4", "a", "m1"), ("w.mp4", "b", "m2")) == []
    assert mistakes(("v.mp4", "a", ""), ("v.mp4", "b", "")) == []
