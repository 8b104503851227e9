import json
import math
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from superanimal_core.study.sheet_schema import COUNT, DATASETS, NUMBER, VIDEOS, Column, schema_of

ROOT = Path(__file__).resolve().parents[2]
SHEETS = {"videos": VIDEOS, "datasets": DATASETS}
COLUMNS = [column for columns in SHEETS.values() for column in columns.values()]
OF_CHOICE = Column("tool", "Of a choice, and optional.", choices=("coco",))
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]))  # what a cell of a sheet can hold
DIGITS = st.text("0123456789.eE+-", max_size=7)


def parsed(text):
    """What Python makes of a number, NaN of what is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


@given(DIGITS)
@example("1.")
@example(".5e-2")
@example("0.0e5")
def test_a_number_is_what_python_reads_above_0(text):
    is_number = parsed(text) > 0 and not re.search(r"[eE][+-]?[0-9]{3}", text)
    assert (re.fullmatch(NUMBER, text) is not None) == is_number


@given(DIGITS)
@example("2.0")
@example("007")
def test_a_count_is_a_whole_number_from_1_on_without_exponent(text):
    is_count = parsed(text) >= 1 and parsed(text) % 1 == 0 and "e" not in text.lower()
    assert (re.fullmatch(COUNT, text) is not None) == is_count


@given(
    st.sampled_from([*COLUMNS, OF_CHOICE]),
    st.one_of(DIGITS, TEXTS, st.sampled_from(["coco", "evaluate"])),
)
@example(VIDEOS["fps"], "")
@example(DATASETS["role"], "")
@example(OF_CHOICE, "")
def test_the_json_schema_says_of_a_cell_what_the_reader_says(column, cell):
    columns = {column.name: column}
    is_right = column.is_right(cell) if cell else not column.is_required
    row = jsonschema.Draft202012Validator(schema_of(columns, "row"))
    assert row.is_valid({column.name: cell}) == is_right


@pytest.mark.parametrize("name", SHEETS)
def test_a_row_needs_the_required_columns_and_may_have_others(name):
    schema = schema_of(SHEETS[name], f"A row of config/{name}.tsv")
    assert json.loads((ROOT / f"workflow/schemas/{name}.schema.json").read_text()) == schema
    whole = {"videos": {"path": "a.mp4"}}.get(name) or {
        "dataset": "lab", "path": "lab", "format": "coco", "space": "fly", "role": "pretrain"
    }  # fmt: skip
    row = jsonschema.Draft202012Validator(schema)
    assert row.is_valid(whole | {"subject": "m1"})
    for column in whole:
        assert not row.is_valid({key: cell for key, cell in whole.items() if key != column})


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_every_column_has_a_meaning_and_where_it_can_be_wrong_a_sentence(column):
    assert column.meaning.endswith(".")
    assert f"`{column.name}`" in (ROOT / "docs/reference.md").read_text()
    if column.pattern or column.choices:
        assert "?!" in column.mistake("?!", "of row")
        assert "{" not in column.mistake("?!", "of row")
