import unicodedata

import pytest

from superanimal_core.formats.sheets import Row
from superanimal_core.study.sheet_columns import (
    as_on_disk,
    cell_of_identifier,
    header_mistakes,
    identifier_mistakes,
    is_slip,
    number_in,
    path_mistake,
)
from superanimal_core.study.sheet_schema import MOST_LETTERS, VIDEOS

KNOWN = ("path", "video", "model", "max_individuals", "fps", "cm_per_px", "session")


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("max_individual", "max_individuals"),  # one letter less
        ("max_indivduals", "max_individuals"),
        ("max_indiviudals", "max_individuals"),  # two exchanged
        ("max_indixiduals", "max_individuals"),  # one other
        ("max individuals", "max_individuals"),
        ("FPS", "fps"),
        ("Path", "path"),
        ("videos", "video"),
        ("frame_rate", "fps"),
        ("cm_per_pixel", "cm_per_px"),
    ],
)
def test_slips_are_found(written, known):
    assert is_slip(written, known)
    (mistake,) = header_mistakes("s.tsv", ["x", written], KNOWN)
    assert f"'{written}': is '{known}' meant?" in mistake


@pytest.mark.parametrize(
    "written", ["mode", "fp", "group", "sessionid2", "paht_of_day", "cam", "vide0s"]
)
def test_other_words_are_the_users_own(written):
    assert header_mistakes("s.tsv", ["path", written], KNOWN) == []


def test_a_word_beside_the_one_that_is_meant_is_the_users_own():
    assert header_mistakes("s.tsv", ["max_individuals", "max_individual"], KNOWN) == []


@pytest.mark.parametrize(
    "column",
    ["status", "Stage", "reason", "individual", "frame", "file", "phase_mean", "x_px_sd_low"],
)
def test_columns_of_our_tables_are_refused(column):
    (mistake,) = header_mistakes("s.tsv", ["path", column], KNOWN)
    assert f"column '{column}': our tables have a column of that name" in mistake


@pytest.mark.parametrize(("letters", "mistakes"), [(MOST_LETTERS, 0), (MOST_LETTERS + 1, 1)])
def test_an_identifier_fits_into_the_name_of_a_file(letters, mistakes):
    assert len(identifier_mistakes("s: row 2", VIDEOS["video"], "v" * letters)) == mistakes


@pytest.mark.parametrize("name", ["", "a b", "ä", "a/b", "a.b"])
def test_an_identifier_has_plain_letters(name):
    (mistake,) = identifier_mistakes("s: row 2", VIDEOS["video"], name)
    assert "only letters, digits" in mistake
    assert mistake.endswith("write one into the column 'video'")


def test_a_name_is_the_same_identifier_however_its_umlauts_are_written():
    composed = "mäuse 1"
    assert cell_of_identifier(composed) == "m_use_1"
    assert cell_of_identifier(unicodedata.normalize("NFD", composed)) == "m_use_1"


@pytest.mark.parametrize(("on_disk", "written"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_path_is_spelled_as_on_disk(tmp_path, on_disk, written):
    file = tmp_path / unicodedata.normalize(on_disk, "mäuse.mp4")
    file.touch()
    assert as_on_disk(str(tmp_path / unicodedata.normalize(written, "mäuse.mp4"))) == str(file)
    gone = str(tmp_path / "gone.mp4")
    assert as_on_disk(gone) == gone


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("3", "max_individuals", 3),
        ("2.0", "max_individuals", 2),
        ("0.4", "fps", 0.4),
        ("1e-1", "fps", 0.1),
        ("+30", "fps", 30),
        ("", "max_individuals", None),
    ],
)
def test_numbers_are_read(text, column, value):
    mistakes = []
    assert number_in(Row(2, {column: text}), VIDEOS[column], "s: row 2", mistakes) == value
    assert not mistakes


@pytest.mark.parametrize("text", ["0.4", "2.7", "0", "-1", "nan", "inf", "two"])
def test_a_count_is_a_whole_number(text):
    mistakes = []
    row = Row(2, {"max_individuals": text})
    assert number_in(row, VIDEOS["max_individuals"], "s: row 2", mistakes) is None
    told = f"s: row 2: max_individuals is '{text}'; expected a whole number from 1 on, or nothing"
    assert mistakes == [told]


def test_what_is_meant_lies_in_the_folder_of_this_study(tmp_path, monkeypatch):
    for study in ("one", "other"):
        (tmp_path / study / "raw").mkdir(parents=True)
        (tmp_path / study / f"raw/{study}.mp4").touch()
        monkeypatch.chdir(tmp_path / study)
        told = path_mistake(VIDEOS["path"], f"raw/{study}.avi")
        assert told.endswith(f"did you mean 'raw/{study}.mp4'?")
