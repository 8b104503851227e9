"""Columns of groups and animals that the sheet of videos does not have."""

import pytest

from superanimal_core.study.group_mistakes import animal_mistakes


@pytest.mark.parametrize(
    ("column", "columns"),
    [("subject", ["group", "subject"]), ("subject", ["group"]), ("mouse", ["mouse"])],
)
def test_a_column_that_is_there_and_the_shipped_one_need_nothing(column, columns):
    assert animal_mistakes("groups", column, "videos.tsv", columns) == []


@pytest.mark.parametrize(
    ("column", "columns", "meant"),
    [
        ("subject", ["group", "Subject"], "is 'Subject' meant?"),
        ("subject", ["subjects"], "is 'subjects' meant?"),
        ("mouse_id", ["group", "mouse"], "did you mean 'mouse'?"),
    ],
)
def test_videos_never_count_as_animals_by_a_slip(column, columns, meant):
    (mistake,) = animal_mistakes("groups", column, "videos.tsv", columns)
    assert f"groups.animal_column: no column '{column}' in videos.tsv" in mistake
    assert meant in mistake
    assert "every video would count as an animal" in mistake
