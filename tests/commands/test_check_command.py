"""What `check` tells before any job: of each kind of file one that is wrong, beside right ones."""

import shutil

import av
import numpy as np
import pandas as pd
import pytest
import yaml
from tiny_study import SPACE, change_setting, write_tiny_study

from superanimal_core.__main__ import main
from superanimal_core.commands import released_to_fetch
from superanimal_core.commands.check import table_lines
from superanimal_core.commands.study_checks import DOUBT, FAILS, STOPS, Finding
from superanimal_core.media.quick_look import look_at_video
from superanimal_core.report.video_file import write_video


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_tiny_study(tmp_path_factory.mktemp("sound") / "study")


@pytest.fixture
def study(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "study")


def check(study, capsys, *more):
    code = main(["check", str(study), *more])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err


def test_a_sound_study_has_nothing_to_mend(study, capsys):
    code, lines, told = check(study, capsys)
    assert (code, told) == (0, "")
    assert lines[0] == "nothing is wrong"
    assert lines[1].startswith("looked at 1 video, 2 data sets, 1 model in ")


def test_bad_videos_are_told_and_the_worst_comes_first(study, capsys):
    raw = study / "raw"
    whole = (raw / "mouse.mp4").read_bytes()
    (raw / "empty.mp4").touch()
    (raw / "text.mp4").write_text("notes\n" * 100)
    (raw / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (raw / "fast.mp4").write_bytes(whole)
    rows = [
        "raw/mouse.mp4\t",
        "raw/fast.mp4\t1800",
        "raw/cut.mp4\t",
        "raw/text.mp4\t",
        "raw/empty.mp4\t",
    ]
    (study / "config/videos.tsv").write_text("\n".join(["path\tfps", *rows, ""]))
    code, lines, told = check(study, capsys)
    assert code == 1
    assert "3 to mend" in told
    assert [line.split()[:3] for line in lines[:4]] == [
        ["fails", "video", "cut"],
        ["fails", "video", "empty"],
        ["fails", "video", "text"],
        ["doubtful", "video", "fast"],
    ]
    assert "is empty (0 bytes)" in lines[1]
    assert "1800 frames per second" in lines[3]


def test_names_in_a_conversion_table_are_looked_for_in_the_labels(study, capsys):
    (table,) = (study / f"config/keypoints/{SPACE}").glob("cabinet.tsv")
    header, first, *others = table.read_text().splitlines()
    source = first.split("\t")[0]
    table.write_text("\n".join([header, first.replace(source, source.upper() + "x"), *others, ""]))
    code, lines, _ = check(study, capsys)
    assert code == 1
    assert lines[0].split()[:6] == ["stops", "the", "run", "data", "set", "cabinet"]
    told = "\n".join(lines)
    assert f"'{source.upper()}x' is no keypoint of 'cabinet'" in told
    assert f"did you mean '{source}'?" in told
    assert "has no row" not in told  # the same mistake, seen from the other side


@pytest.mark.parametrize(("lab", "which"), [("cabinet", slice(1)), ("burrow", slice(None))])
def test_pictures_that_are_gone_stop_the_run(study, capsys, lab, which):
    """Of some readers say so; COCO's takes a set without any for labels alone."""
    folder = study / "datasets" / lab
    pictures = sorted(path for path in folder.rglob("*") if path.suffix in (".png", ".jpg"))
    for path in pictures[which]:
        path.unlink()
    code, lines, _ = check(study, capsys)
    assert code == 1
    assert lines[0].startswith(f"stops the run  data set {lab}")
    assert pictures[0].name in lines[0]


def test_a_broken_picture_stops_the_run(study, capsys):
    picture = sorted((study / "datasets/cabinet").rglob("*.png"))[5]
    picture.write_bytes(picture.read_bytes()[:400])
    code, lines, _ = check(study, capsys)
    assert code == 1
    assert lines[0].split()[:6] == ["stops", "the", "run", "data", "set", "cabinet"]
    assert f"1 of 24 pictures cannot be decoded: {picture}: not an image" in lines[0]


@pytest.mark.parametrize("why", ["", "no such host"])
def test_weights_that_are_none_are_told_and_released_ones_are_announced(
    study, capsys, monkeypatch, why
):
    monkeypatch.setattr(released_to_fetch, "unreachable", lambda released: why)
    (study / "weights.pt").write_text("no network\n")
    change_setting(study, "models.mouse.pose_weights", "weights.pt")
    change_setting(study, "models.other", {"space": SPACE, "seeds": [0]})
    change_setting(study, "models.other.pose_weights", "superanimal_topviewmouse_hrnet_w32")
    code, lines, _ = check(study, capsys)
    assert code == 1
    assert lines[0].split()[3:6] == ["model", "mouse", "pose_weights:"]
    assert "weights.pt" in lines[0]
    assert lines[1].startswith("doubtful")
    assert ("the run fetches it" in lines[1]) == (not why)
    assert (f"put it into {study}/config/weights" in lines[1]) == bool(why)


def test_brought_predictions_are_read_and_their_frames_counted(study, capsys):
    names = ["scorer", "bodyparts", "coords"]
    columns = pd.MultiIndex.from_product([["n"], ["nose"], ["x", "y", "likelihood"]], names=names)
    pd.DataFrame(np.ones((35, 3)), columns=columns).to_csv(study / "short.csv")
    (study / "none.csv").write_text("hello\n")
    shutil.copy(study / "raw/mouse.mp4", study / "raw/other.mp4")
    rows = ["raw/mouse.mp4\tshort.csv", "raw/other.mp4\tnone.csv", ""]
    (study / "config/videos.tsv").write_text("\n".join(["path\tpredictions", *rows]))
    model = {"predictions": {"format": "deeplabcut", "space": SPACE}}
    settings = {"models": {"theirs": model}}
    (study / "config/config.yaml").write_text(yaml.safe_dump(settings))
    code, lines, _ = check(study, capsys)
    assert code == 1
    assert lines[0].split()[:3] == ["fails", "video", "other"]
    assert "none.csv" in lines[0]
    assert "short.csv has 35 frames, the video 40" in lines[1]
    assert "all positions of short.csv are between 0 and 1" in lines[2]
    assert "are copies of one file: what it shows counts twice" in lines[3]


def test_what_n_would_tell_is_told_too(study, capsys):
    change_setting(study, "models.mouse.backbone", "lcnet_1000")
    code, lines, told = check(study, capsys)
    assert code == 1
    assert lines == []
    assert "models.mouse.backbone" in told


def test_the_worst_are_shown_and_the_others_counted():
    findings = [Finding(w, f"video {i}", "?") for i, w in enumerate([DOUBT, STOPS, FAILS, DOUBT])]
    lines = table_lines(findings, 3)
    assert [line.split("  ")[0] for line in lines[:3]] == ["stops the run", "fails", "doubtful"]
    assert lines[3] == "and 1 more; --all prints them"
    assert len(table_lines(findings, None)) == 4


def test_a_look_at_a_video_says_what_it_is(sound):
    look = look_at_video(sound / "raw/mouse.mp4")
    assert (look.frames, look.rate_hz, look.doubts) == (40, 50.0, ())
    assert look_at_video(sound / "raw/mouse.mp4", fps=2000.0).rate_hz == 2000.0


def test_files_of_behavior_labels_are_read(study, capsys):
    (study / "marks").mkdir()
    (study / "marks/good.csv").write_text("start,stop,behavior\n0.1,0.2,rear\n0.3,0.4,groom\n")
    (study / "marks/odd.csv").write_text("garbage\n")
    rows = ["mouse\tmarks/good.csv\tcsv\tanna", "mouse\tmarks/odd.csv\tcsv\tben", ""]
    (study / "config/rear.tsv").write_text("\n".join(["video\tlabels\tformat\trater", *rows]))
    learned = {"labels": "config/rear.tsv", "behaviors": ["rears"]}
    change_setting(study, "classifiers.named", {"rearing": learned})
    code, lines, _ = check(study, capsys)
    assert code == 1
    told = [line for line in lines if "classifier rearing" in line]
    assert len(told) == 3
    assert all(line.startswith("stops the run") for line in told)
    assert any("marks/odd.csv: " in line for line in told)
    good = "marks/good.csv (video 'mouse'): unknown behavior"
    assert any(f"{good} 'rear': name it in" in t and "did you mean 'rears'?" in t for t in told)
    assert any(f"{good} 'groom': name it in" in line for line in told)


def test_labels_that_do_not_fit_their_video_are_told(study, capsys):
    """The video has 40 frames at 50 per second."""
    (study / "marks").mkdir()
    texts = {
        "late.csv": ("csv", "start,stop,behavior\n0.9,1.2,rear\n"),
        "twice.csv": ("csv", "start,stop,behavior\n0.1,0.3,rear\n0.2,0.4,rear\n"),
        "point.csv": ("csv", "start,stop,behavior\n0.1,0.1,rear\n"),
        "half.csv": ("simba", "rear\n" + "0\n" * 20),
        "sound.csv": ("csv", "start,stop,behavior\n0.1,0.3,rear\n0.6,0.81,rear\n"),
    }
    rows = ["video\tlabels\tformat\trater"]
    for name, (format_name, text) in texts.items():
        (study / "marks" / name).write_text(text)
        rows.append(f"mouse\tmarks/{name}\t{format_name}\t{name}")
    (study / "config/rear.tsv").write_text("\n".join([*rows, ""]))
    learned = {"labels": "config/rear.tsv", "behaviors": ["rear"]}
    change_setting(study, "classifiers.named", {"rearing": learned})
    code, lines, _ = check(study, capsys)
    assert code == 1
    told = {line.split("marks/")[1].split(" ")[0]: line for line in lines if "marks/" in line}
    assert {*told} == {*texts} - {"sound.csv"}
    assert "lies beyond the video's end, which has 0.80 s" in told["late.csv"]
    assert "bouts overlap" in told["twice.csv"]
    assert "has no duration" in told["point.csv"]
    assert "is about 20 frames, and the video has 40" in told["half.csv"]


def test_an_arena_beyond_the_picture_is_doubtful(study, capsys):
    """The picture is 320 x 240 pixels; corners may stand on its edge."""
    cells = ("0,0 320,0 320,240 0,240", "food: 1,1 9,1 9,9; nest: 300,1 640,1 640,9")
    rows = ["path\tarena\tzones", "\t".join(["raw/mouse.mp4", *cells]), ""]
    (study / "config/videos.tsv").write_text("\n".join(rows))
    code, lines, _ = check(study, capsys)
    assert code == 0
    assert lines[0].startswith("doubtful")
    assert "zone nest reaches 640,1, beyond its picture of 320 x 240 pixels" in lines[0]
    assert "looked at" in lines[1]


@pytest.mark.parametrize(("cm_per_px", "is_told"), [(0.05, False), (15.6, False), (15.7, True)])
def test_pixels_per_cm_in_place_of_cm_per_pixel_are_told(study, capsys, cm_per_px, is_told):
    """The picture has 320 pixels: 50 m are 15.625 cm each."""
    (study / "config/videos.tsv").write_text(f"path\tcm_per_px\nraw/mouse.mp4\t{cm_per_px}\n")
    code, lines, _ = check(study, capsys)
    assert code == 0
    told = [line for line in lines if "makes the picture 50 m wide: are these pixels per" in line]
    assert len(told) == is_told


def test_two_mistakes_of_one_file_of_predictions_are_two_sentences(study, capsys):
    """The first video's file is what -n looks at; that of the second has names of its own."""
    names, table = ["scorer", "bodyparts", "coords"], {"nose": "nose", "cable": ""}
    for video, keypoints in (("mouse", ["nose", "cable"]), ("other", ["nose", "tail", "wire"])):
        parts = [["n"], keypoints, ["x", "y", "likelihood"]]
        columns = pd.MultiIndex.from_product(parts, names=names)
        pd.DataFrame(np.ones((40, len(columns))), columns=columns).to_csv(study / f"{video}.csv")
    shutil.copy(study / "raw/mouse.mp4", study / "raw/other.mp4")
    rows = ["path\tpredictions", "raw/mouse.mp4\tmouse.csv", "raw/other.mp4\tother.csv", ""]
    (study / "config/videos.tsv").write_text("\n".join(rows))
    space = study / f"config/keypoints/{SPACE}"
    rows = ["source\tunified", *("\t".join(row) for row in table.items()), ""]
    (space / "theirs.tsv").write_text("\n".join(rows))
    model = {"predictions": {"format": "deeplabcut", "space": SPACE}}
    (study / "config/config.yaml").write_text(yaml.safe_dump({"models": {"theirs": model}}))
    code, lines, _ = check(study, capsys)
    assert code == 1
    told = [line for line in lines if line.startswith("fails")]
    assert len(told) == 3, lines
    for name, line in zip(("'cable' is no", "'tail' of", "'wire' of"), told, strict=True):
        assert line.count("'other.csv'") == 1
        assert name in line


@pytest.mark.parametrize(
    ("subjects", "max_individuals", "told"),
    [
        ("aabbcdef", 1, "the group 'x' (column 'drug') has 2 animals; 3 are needed"),
        ("aabdcefg", 1, None),
        ("aaaacdef", 1, "has 1 animal; 3"),
        ("aaaacccc", 3, None),
    ],
)
def test_groups_of_too_few_animals_are_told_before_the_run(
    study, capsys, subjects, max_individuals, told
):
    """Four videos of each group; what a video may show, it is taken to show."""
    with (study / "config/config.yaml").open("a") as config:
        config.write("groups: { column: drug, animal_column: mouse }\n")
    names = ["mouse", *(f"v{number}" for number in range(1, 8))]
    rows = ["path\tvideo\tdrug\tmouse\tmax_individuals"]
    for number, subject in enumerate(subjects):
        group, path = "x" if number < 4 else "y", f"raw/{names[number]}.mp4"
        if number:
            (study / path).hardlink_to(study / "raw/mouse.mp4")
        rows.append(f"{path}\t{names[number]}\t{group}\t{subject}\t{max_individuals}")
    (study / "config/videos.tsv").write_text("\n".join(rows))
    code, lines, _ = check(study, capsys)
    assert code == 0
    found = [line for line in lines if "are needed for an interval" in line]
    assert len(found) == (told is not None)
    assert told is None or told in found[0]


CAMERA = """[cam_{number}]
name = "{name}"
size = [{width}, 240]
matrix = [[800.0, 0.0, 160.0], [0.0, 800.0, 120.0], [0.0, 0.0, 1.0]]
rotation = [0.0, 0.0, 0.0]
translation = [{number}, 0.0, 3.0]
"""


def write_view(path, gray):
    write_video(iter([np.full((240, 320, 3), gray, np.uint8)] * 40), path, 50.0)


def make_session(study, *, width=320, right="raw/right.mp4", fps=("", ""), file="rig.toml"):
    """Two cameras of 320 x 240 pixels, 40 frames, 50 per second; the first one's file is sound."""
    if not (study / right).exists():
        write_view(study / right, 80)
    names = ("left", "right")
    tables = [CAMERA.format(number=i, name=n, width=width) for i, n in enumerate(names)]
    (study / "rig.toml").write_text("\n".join(tables))
    rows = [
        f"{path}\ts1\t{name}\t{file}\t{rate}"
        for path, name, rate in zip(("raw/mouse.mp4", right), names, fps, strict=True)
    ]
    text = "\n".join(["path\tsession\tcamera\tcamera_file\tfps", *rows, ""])
    (study / "config/videos.tsv").write_text(text)


def test_a_sound_session_is_not_told(study, capsys):
    make_session(study)
    assert check(study, capsys)[1][0] == "nothing is wrong"


def test_a_calibration_of_pictures_of_another_size_is_told(study, capsys):
    make_session(study, width=640)
    code, lines, _ = check(study, capsys)
    assert code == 0
    told = "rig.toml: camera 'left' was calibrated with 640 x 240 pixels, and 'mouse' has 320 x 240"
    assert lines[0].startswith("doubtful")
    assert told in lines[0]
    assert "camera 'right' was" in lines[1]
    assert "looked at" in lines[2]


@pytest.mark.parametrize("frames", [39, 41])
def test_views_of_unlike_length_are_told_before_any_prediction(study, capsys, frames):
    pictures = [np.full((240, 320, 3), 100, np.uint8)] * frames
    write_video(iter(pictures), study / "raw/right.mp4", 50.0)
    make_session(study)
    _, lines, _ = check(study, capsys)
    assert f"camera 'left' ('mouse') has 40 frames, camera 'right' ('right') {frames}:" in lines[0]
    assert "looked at" in lines[1]
    make_session(study, file="")  # each is then smoothed alone
    assert check(study, capsys)[1][0] == "nothing is wrong"


@pytest.mark.parametrize(("rate", "is_told"), [("52.5", False), ("52.6", True)])
def test_views_that_drift_apart_are_told(study, capsys, rate, is_told):
    """Of 40 frames the last is 39 steps after the first: at 52.56 Hz two of them too early."""
    make_session(study, fps=("50", rate))
    _, lines, _ = check(study, capsys)
    assert any(f"has 50 frames per second, camera 'right' ('right') {rate}:" in line
               for line in lines) == is_told  # fmt: skip


def test_a_calibration_of_a_video_without_a_session_is_told(study, capsys):
    make_session(study)
    write_view(study / "raw/third.mp4", 90)
    with (study / "config/videos.tsv").open("a") as sheet:
        sheet.write("raw/third.mp4\t\tleft\trig.toml\t\n")
    _, lines, _ = check(study, capsys)
    assert "'third' has a camera_file, and no session: it is smoothed alone" in lines[0]
    assert "looked at" in lines[1]


@pytest.mark.parametrize("fps", ["", "50"])
def test_the_guessed_rate_of_a_bare_stream_is_told(study, capsys, fps):
    whole, bare = study / "raw/whole.mp4", study / "raw/bare.h264"
    write_video(iter([np.full((240, 320, 3), 100, np.uint8)] * 40), whole, 50.0)
    with av.open(whole) as source, av.open(bare, "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    (study / "config/videos.tsv").write_text(f"path\tfps\nraw/mouse.mp4\t\nraw/bare.h264\t{fps}\n")
    _, lines, refused = check(study, capsys)
    assert refused == ""
    told = "the file has no times, and "
    assert any(told in line and "into the column fps" in line for line in lines) == (fps == ""), (
        lines
    )
