"""Columns of groups and animals that the sheet of videos does not have."""

import pytest

from superanimal_core.settings.groups import GroupSettings
from superanimal_core.study.compared_groups import asked_of_groups
from superanimal_core.study.group_mistakes import animal_mistakes
from superanimal_core.study.study_rows import VideoRow


@pytest.mark.parametrize(
    ("groups", "column", "reference", "asked"),
    [
        (["", "b", "a"], "group", None, "b"),
        (["a", "b"], "group", None, "a"),
        (["a", "b"], "group", "b", "b"),
        (["a", "b"], None, None, None),
        ([], "group", None, None),
    ],
)
def test_the_reference_is_the_first_group_of_the_sheet_by_name(groups, column, reference, asked):
    """Rows in another order would else keep a comparison with what was the first group."""
    rows = {
        f"v{i}": VideoRow(f"v{i}", "", "", 1, None, None, None, {"group": group})
        for i, group in enumerate(groups)
    }
    own = GroupSettings(column=column, reference=reference, animal_column="subject")
    found = asked_of_groups(own, rows)
    assert found == {"column": column, "reference": asked, "animal_column": "subject"}


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
