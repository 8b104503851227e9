"""Labels of behavior as other programs write them, and mistakes in them."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from superanimal_core.behavior.marked_bouts import MarkedBout, Marks, classes_of_marks
from superanimal_core.errors import DatasetError, SuperAnimalError
from superanimal_core.formats.behavior_labels import BEHAVIOR_FORMATS, WhichLabels, read_marks
from superanimal_core.settings.classifiers import LABEL_FORMATS

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")) / "data/behaviordepot"
BOUTS = [("rear", 1.0, 1.5), ("groom", 2.0, 4.0), ("rear", 6.0, 6.25)]
BOTH = WhichLabels(("rear", "groom"))
TIME_S = np.arange(200) / 20
EXPECTED = np.zeros(200, dtype=int)
for name, start, stop in BOUTS:
    EXPECTED[(start <= TIME_S) & (stop > TIME_S)] = 1 if name == "rear" else 2

OLD_BORIS = "Observation id\tfirst\n\nMedia file(s)\n\n" + (
    "Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tComment"
    "\tStatus\n"
)
BORIS = (
    "Observation id,Observation date,Description,Media duration (s),FPS,Subject,Behavior,"
    "Behavioral category,Modifiers,Behavior type,Time,Media file name,Image index\n"
)
AGGREGATED = "Observation id\tSubject\tBehavior\tBehavior type\tStart (s)\tStop (s)\tDuration (s)\n"


def boris(bouts=BOUTS, subject="m1", observation="first"):
    events = [(start, name, "START") for name, start, _ in bouts]
    events += [(stop, name, "STOP") for name, _, stop in bouts]
    rows = [
        f"{observation},2024-01-01,,10.0,20,{subject},{name},,,{kind},{time},a.mp4,0\n"
        for time, name, kind in sorted(events)
    ]
    return "".join(rows)


def written():
    """The same bouts in every format."""
    old = [
        f"{t}\ta.mp4\t10\t20\tm1\t{n}\t\t\t{kind}\n"
        for n, a, b in BOUTS
        for t, kind in ((a, "START"), (b, "STOP"))
    ]
    columns = [(k + 1 == EXPECTED).astype(int) for k in range(2)]
    simba = ",nose_x,rear,groom\n" + "".join(
        f"{i},1.5,{a},{b}\n" for i, (a, b) in enumerate(zip(*columns, strict=True))
    )
    blocks = {}
    for name, a, b in BOUTS:
        block = {"start": round(a * 20), "end": round(b * 20) - 1, "present": True}
        blocks.setdefault(name, []).append(block)
    blocks["rear"].append({"start": 90, "end": 99, "present": False})
    jabs = {"version": 1, "file": "a.avi", "num_frames": 200, "labels": {"0": blocks}}
    analyzer = "file;Experimenter;from;to;type;ID;CSVname\n" + "".join(
        f"x.json;Oliver;{a};{b};{n};FST_1;FST_1_DLC.csv\n" for n, a, b in BOUTS
    )
    return {
        "boris": BORIS + boris(),
        "old boris": OLD_BORIS + "".join(old),
        "aggregated boris": AGGREGATED
        + "".join(f"first\tm1\t{n}\tSTATE\t{a}\t{b}\t{b - a}\n" for n, a, b in BOUTS),
        "simba": simba,
        "dlcanalyzer": analyzer,
        "jabs": json.dumps(jabs),
        "csv": "start,stop,behavior\n" + "".join(f"{a},{b},{n}\n" for n, a, b in BOUTS),
        "frames csv": "start_frame;stop_frame;behavior\n"
        + "".join(f"{a * 20:.0f};{b * 20:.0f};{n}\n" for n, a, b in BOUTS),
    }


@pytest.mark.parametrize("name", [*written()])
def test_the_same_bouts_are_read_from_every_format(tmp_path, name):
    (tmp_path / "labels").write_text(written()[name], encoding="utf-8-sig")
    marks = read_marks(tmp_path / "labels", name.split()[-1], BOTH)
    classes = classes_of_marks(marks, BOTH.behaviors, (), TIME_S, "x")
    if name == "jabs":  # what nobody marked is not known
        said = (EXPECTED > 0) | ((np.arange(200) >= 90) & (np.arange(200) < 100))
        assert (classes[~said] == -1).all()
        assert (classes[said] == EXPECTED[said]).all()
    else:
        assert (classes == EXPECTED).all()


@pytest.mark.parametrize("name", ["csv", "frames csv", "dlcanalyzer"])
def test_a_spreadsheet_with_decimal_commas_is_read_as_meant(tmp_path, name):
    """With a byte order mark, semicolons, Windows' line ends, and empty rows and columns."""
    plain = written()[name].replace(",", ";")
    rows = [re.sub(r"(\d)\.(\d)", r"\1,\2", row) + ";;" for row in plain.splitlines()]
    text = "\r\n".join([*rows, ";;;;", ""])
    (tmp_path / "labels.csv").write_bytes(text.encode("utf-8-sig"))
    marks = read_marks(tmp_path / "labels.csv", name.split()[-1], BOTH)
    assert (classes_of_marks(marks, BOTH.behaviors, (), TIME_S, "x") == EXPECTED).all()


def test_empty_cells_beyond_the_names_are_none():
    text = "behavior,start,stop,,\nrear,1,5,,\nrear,6,7,,,,\n"
    assert BEHAVIOR_FORMATS["csv"](text, BOTH).bouts == [
        MarkedBout("rear", 1, 5),
        MarkedBout("rear", 6, 7),
    ]


def test_a_point_event_of_aggregated_boris_has_no_end_of_its_own():
    text = AGGREGATED + "first\tm1\tentry\tPOINT\t3.5\tNA\tNA\n"
    found = BEHAVIOR_FORMATS["boris"](text, WhichLabels(("rear",)))
    assert found.bouts == [MarkedBout("entry", 3.5, 3.5)]


def test_labels_of_another_frame_rate_are_told():
    """A row per frame at half of the rate would else be the first half of the video."""
    spare = 5  # 0.25 s at 20 frames per second
    for frames, is_told in ((200, False), (200 - spare, False), (199 - spare, True), (100, True)):
        rows = "".join("0,0\n" for _ in range(frames))
        jabs = {"num_frames": frames, "labels": {"0": {"rear": [
            {"start": 3, "end": 9, "present": True}]}}}  # fmt: skip
        for name, text in (("simba", "rear,groom\n" + rows), ("jabs", json.dumps(jabs))):
            marks = BEHAVIOR_FORMATS[name](text, BOTH)
            if not is_told:
                classes = classes_of_marks(marks, BOTH.behaviors, (), TIME_S, "x")
                assert (classes[frames:] == -1).all()
                continue
            with pytest.raises(SuperAnimalError, match=f"x: is about {frames} frames, and the vid"):
                classes_of_marks(marks, BOTH.behaviors, (), TIME_S, "x")


def test_the_formats_of_sheets_are_those_that_can_be_read():
    assert {*LABEL_FORMATS} == {*BEHAVIOR_FORMATS}


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs {SHARED}")
def test_bouts_and_frames_of_behaviordepot_are_the_same():
    which, time = WhichLabels(("freezing",)), np.arange(6000) / 50
    bouts = read_marks(SHARED / "demo1_freezing_bouts.csv", "behaviordepot", which)
    frames = read_marks(SHARED / "demo1_freezing.csv", "simba", which)
    one, other = (classes_of_marks(m, ["freezing"], (), time, "x") for m in (bouts, frames))
    assert (one == other).all()
    assert one.sum() == 1368


def test_one_of_several_observations_subjects_and_raters_is_taken():
    text = BORIS + boris() + boris([("rear", 7, 8)], "m2") + boris([("rear", 8, 9)], "m1", "second")
    parse = BEHAVIOR_FORMATS["boris"]
    own = WhichLabels(("rear",), subject="m2", observation="first")
    assert parse(text, own).bouts == [MarkedBout("rear", 7, 8)]
    with pytest.raises(DatasetError, match=r"first, second.*'observation'"):
        parse(text, WhichLabels(("rear",)))
    with pytest.raises(DatasetError, match=r"no subject 'm3'; there are m1, m2"):
        parse(text, WhichLabels(("rear",), subject="m3", observation="first"))
    text = written()["dlcanalyzer"] + "y;Jin;7;8;rear;FST_1;FST_1_DLC.csv\n"
    found = BEHAVIOR_FORMATS["dlcanalyzer"](text, WhichLabels(("rear",), rater="Jin"))
    assert found.bouts == [MarkedBout("rear", 7, 8)]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("boris", BORIS + boris()[: boris().index("\n") + 1], "starts at 1 s and never stops"),
        ("boris", "a,b\n1,2\n", "no line names the columns Behavior, with Time or"),
        ("simba", "a,b\n1,2\n", "no column 'rear'"),
        ("jabs", "{", "cannot be read as labels of the format 'jabs'"),
        ("csv", "start,stop,behavior\none,2,rear\n", "line 2: start is one; expected a number"),
        ("csv", 'start,stop,behavior\n1,"1,5",rear\n', "line 2: stop is 1,5; expected a number, "),
        ("csv", "x\n\nstart,stop,behavior\n1,2,rear\n3,,rear\n", "line 5: stop is nothing; exp"),
        ("csv", "start_frame,stop_frame,behavior\n1.5,9,rear\n", "line 2: start_frame is 1.5; ex"),
        ("csv", "Start,Stop,Behaviour\n1,2,rear\n", "the first one reads 'Start,Stop,Behaviour'"),
        ("simba", "rear,groom\n0,1\n1,\n", "line 3: groom is nothing; expected a number"),
        ("simba", "rear,groom\n0,1\nnan,0\n", "line 3: rear is nan; expected 0 or 1"),
        ("simba", "rear,groom\n0,1\n1,1.01\n", "line 3: groom is 1.01; expected 0 or 1"),
        ("simba", "rear,groom\n0,-0.01\n", "line 2: groom is -0.01; expected 0 or 1"),
        ("csv", "behavior,start,stop\nrear,1,5,3,25\n", "line 2: has more cells .* last is 25"),
        ("csv", "x\nbehavior,start,stop\nrear,1,5\n\nrear,6,7,8\n", "line 5: has more cells"),
        ("boris", BORIS + "first,,,10,20,m1,rear,,,START,0:01,a,0\n", "Time is 0:01; expected"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, text, told):
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DatasetError, match=told) as error:
        read_marks(tmp_path / "labels.csv", name, BOTH)
    assert str(tmp_path / "labels.csv") in str(error.value)


@pytest.mark.parametrize(
    ("bouts", "told"),
    [
        ([("rear", 9.0, 11.0)], "beyond the video's end, which has 10.00 s"),
        ([("raer", 1.0, 2.0)], "unknown behavior 'raer': name it in .*; did you mean 'rear'"),
        ([("Rear", 1.0, 2.0)], "unknown behavior 'Rear': name it in .*; did you mean 'rear'"),
        ([("rear", 1.0, 3.0), ("groom", 2.0, 4.0)], "overlap: 'rear' from 1 to 3 and 'groom'"),
        ([("rear", 2.0, 2.0)], "has no duration"),
    ],
)
def test_a_wrong_bout_is_one_sentence(bouts, told):
    marks = Marks([MarkedBout(*b) for b in bouts], in_frames=False)
    with pytest.raises(SuperAnimalError, match=told) as error:
        classes_of_marks(marks, ["rear", "groom"], ["sniff"], TIME_S, "file.csv")
    assert str(error.value).startswith("file.csv: ")
    assert "\n" not in str(error.value)


def test_an_ignored_behavior_shows_none_of_the_learned_ones():
    marks = Marks([MarkedBout("sniff", 1.0, 2.0), MarkedBout("rear", 1.5, 3.0)], in_frames=False)
    classes = classes_of_marks(marks, ["rear"], ["sniff"], TIME_S, "x")
    assert (classes == ((TIME_S >= 1.5) & (TIME_S < 3.0))).all()
