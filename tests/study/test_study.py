import os
from pathlib import Path

import pytest
import yaml

from superanimal_core.errors import ConfigError
from superanimal_core.study import study
from superanimal_core.study.settings_document import check_text
from superanimal_core.study.study import read_study

WORKFLOW = Path(__file__).resolve().parents[2]
SPACE = "superanimal_topviewmouse"
WITH_TABLE = "dataset\tpath\tformat\tspace\trole\tconversion"
TABLE = Path("config/keypoints") / SPACE / "lab.tsv"


@pytest.fixture
def config(tmp_path, monkeypatch):
    """A study of three videos and a data set in the working directory; its settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp4", "b.mp4", "sub/c 1.mp4", "lab/annotations.json"):
        Path("raw", name).parent.mkdir(parents=True, exist_ok=True)
        Path("raw", name).touch()
    TABLE.parent.mkdir(parents=True)
    TABLE.write_text("source\tunified\nsnout\tnose\ncorner\t\n")
    write_datasets(f"lab\traw/lab\tcoco\t{SPACE}\tpretrain")
    write_videos("raw/a.mp4")
    settings = yaml.safe_load((WORKFLOW / "config/config.yaml").read_text())
    settings["models"]["other"] = settings["models"]["mouse"]
    settings["report"]["labeled_videos"] = []
    return settings


def write_videos(*rows, columns="path"):
    Path("config/videos.tsv").write_text("\n".join([columns, *rows]) + "\n")


def write_datasets(*rows, columns="dataset\tpath\tformat\tspace\trole"):
    Path("config/datasets.tsv").write_text("\n".join([columns, *rows]) + "\n")


def mistakes_of(config):
    with pytest.raises(ConfigError) as told:
        read_study(config, WORKFLOW)
    return told.value.mistakes


def test_a_video_needs_nothing_but_its_path(config):
    video = read_study(config, WORKFLOW).videos["a"]
    assert (video.path, video.model, video.max_individuals) == ("raw/a.mp4", "mouse", 1)
    assert video.fps is None
    assert video.cm_per_px is None
    assert dict(video.columns) == {}


def test_a_few_lines_are_a_whole_study(config):
    short = {"models": {"mouse": {"space": SPACE, "seeds": [0]}}}
    settings = read_study(short, WORKFLOW).settings.model_dump(mode="json")
    del config["models"]["other"]
    config["models"]["mouse"] = config["models"]["mouse"] | {"seeds": [0]}
    assert settings == config


def test_known_columns_are_read_and_the_users_own_are_carried(config):
    columns = (
        "path\tvideo\tmodel\tmax_individuals\tfps\tcm_per_px\tbelt_speed_px_per_s\tsubject\tgroup"
    )
    write_videos("raw/a.mp4\tm1\tother\t2\t59.94\t0.05\t-81.5\ts1\t", columns=columns)
    video = read_study(config, WORKFLOW).videos["m1"]
    assert (video.model, video.max_individuals) == ("other", 2)
    assert (video.fps, video.cm_per_px, video.belt_speed_px_per_s) == (59.94, 0.05, -81.5)
    assert dict(video.columns) == {"subject": "s1", "group": ""}


def test_a_pattern_stands_for_all_files_that_it_matches(config):
    write_videos("raw/**/*.mp4\tg1", columns="path\tgroup")
    videos = read_study(config, WORKFLOW).videos
    assert {v.video: v.path for v in videos.values()} == {
        "a": "raw/a.mp4",
        "b": "raw/b.mp4",
        "c_1": "raw/sub/c 1.mp4",
    }
    assert {v.columns["group"] for v in videos.values()} == {"g1"}


def test_a_pattern_with_one_name_for_many_files_is_a_mistake(config):
    write_videos("raw/*.mp4\tsame", columns="path\tvideo")
    (mistake,) = mistakes_of(config)
    assert mistake.startswith(
        "config/videos.tsv: row 2: 'same' names two files, raw/a.mp4 (row 2) and raw/b.mp4"
    )


def test_a_data_set_finds_its_conversion_table_and_space(config):
    study = read_study(config, WORKFLOW)
    assert study.datasets["lab"].conversion == str(TABLE)
    assert study.spaces[SPACE] == str(WORKFLOW / f"config/keypoints/{SPACE}.yaml")
    assert study.datasets_of(SPACE, "pretrain") == ["lab"]
    assert study.datasets_of(SPACE, "evaluate", "fine_tune") == []


def test_the_studys_own_space_wins_over_the_shipped_one(config):
    own = Path(f"config/keypoints/{SPACE}.yaml")
    own.write_text((WORKFLOW / own).read_text())
    assert read_study(config, WORKFLOW).spaces[SPACE] == str(own)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("raw/x.mp4\t\t\t", "row 2: raw/x.mp4 does not exist; mend the path or remove the row"),
        ("\tname\t\t", "row 2: the column 'path' is empty"),
        ("raw/*.avi\t\t\t", "row 2: no file matches raw/*.avi"),
        ("raw/a.mp4\ta b\t\t", "row 2: video 'a b': only letters, digits, '_' and '-'"),
        ("raw/a.mp4\t\tmose\t", "row 2: no model 'mose' in config.yaml; did you mean 'mouse'?"),
        ("raw/a.mp4\t\t\t-3", "row 2: fps is '-3'; expected a number above 0, or nothing"),
        ("raw/a.mp4\t\t\tfast", "row 2: fps is 'fast'; expected a number above 0, or nothing"),
        ("raw/a.mp4\t\t\tnan", "row 2: fps is 'nan'; expected a number above 0, or nothing"),
    ],
)
def test_a_wrong_row_of_videos_is_told_with_its_place(config, row, told):
    write_videos(row, columns="path\tvideo\tmodel\tfps")
    (mistake,) = mistakes_of(config)
    assert mistake.startswith(f"config/videos.tsv: {told}")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"lab\traw/lab\tcocoo\t{SPACE}\tpretrain", "unknown format 'cocoo'; did you mean 'coco'?"),
        (f"lab\traw/lab\tcoco\t{SPACE}\tpretrained", "unknown role 'pretrained'; did you mean"),
        (f"lab\traw/lap\tcoco\t{SPACE}\tpretrain", "raw/lap does not exist; mend the path of"),
        (f"lab2\traw/lab\tcoco\t{SPACE}\tpretrain", "'lab2' has no conversion table config/"),
        ("lab\traw/lab\tcoco\tsuperanimal_topview\tpretrain", "no keypoint space"),
        (f"lab\traw/lab\tcoco\t{SPACE}\t", "the column 'role' is empty"),
    ],
)
def test_a_wrong_row_of_data_sets_is_told_with_its_place(config, row, told):
    write_datasets(row)
    mistakes = mistakes_of(config)
    assert any(m.startswith("config/datasets.tsv: ") and told in m for m in mistakes)


def test_a_data_set_must_have_a_name_of_its_own(config):
    row = f"lab\traw/lab\tcoco\t{SPACE}\tpretrain"
    write_datasets(row, row)
    assert any("row 3: data set 'lab' stands above already" in m for m in mistakes_of(config))


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("snout\tnoze\n", "row 2: 'noze' is no keypoint of"),
        ("snout\tnose\ntip\tnose\n", "row 3: 'snout' and 'tip' both become 'nose'; leave one"),
        ("snout\tnose\nsnout\tneck\n", "row 3: 'snout' stands in row 2 already; keep one"),
        ("", "no rows; one row for every keypoint of the source is needed"),
    ],
)
def test_a_wrong_conversion_table_is_told_with_its_row(config, rows, told):
    TABLE.write_text("source\tunified\n" + rows)
    (mistake,) = mistakes_of(config)
    assert mistake.startswith(f"{TABLE}: {told}")


def test_names_in_the_settings_must_be_known(config):
    config["features"]["anatomy"][SPACE]["front"] = "nosse"
    config["report"]["labeled_videos"] = ["aa"]
    config["transfer"]["spaces"] = ["fly"]
    config["models"]["mouse"] = {**config["models"]["mouse"], "initial_weights": "w.npz"}
    told = "\n".join(mistakes_of(config))
    place = "config/config.yaml: "
    assert f"{place}features.anatomy.{SPACE}: unknown keypoint 'nosse'; did you mean" in told
    assert f"{place}report.labeled_videos: no video 'aa' in config/videos.tsv; did" in told
    assert f"{place}transfer.spaces: no data set of 'fly' has the role 'evaluate'" in told
    assert f"{place}models.mouse.initial_weights: w.npz does not exist" in told


def test_a_model_needs_data_to_learn_from_and_no_anatomy(config):
    Path("config/keypoints/fly.yaml").write_text("name: fly\nkeypoints: [head, tail]\n")
    config["models"]["mouse"] = config["models"]["mouse"] | {"space": "fly"}
    told = "\n".join(mistakes_of(config))
    assert "config/datasets.tsv: no data set with role 'pretrain' in 'fly'" in told
    assert "features.anatomy" not in told


def test_only_a_space_with_a_pupil_is_smoothed_as_one(config):
    config["smoothing"]["method"] = "pupil"
    told = mistakes_of(config)
    assert len(told) == 8  # two models, four points
    assert f"smoothing.method is 'pupil', but keypoint space '{SPACE}' of model 'mouse'" in told[0]
    write_datasets(f"lab\traw/lab\tcoco\tpupil\tpretrain\t{TABLE}", columns=WITH_TABLE)
    TABLE.write_text("source\tunified\nt\tpupil_top\nb\tpupil_bottom\n")
    config["models"] = {"eye": config["models"]["mouse"] | {"space": "pupil"}}
    study = read_study(config, WORKFLOW)
    assert study.spaces["pupil"] == str(WORKFLOW / "config/keypoints/pupil.yaml")


def test_a_fine_tuned_model_needs_labels_and_a_parent_of_its_space(config):
    model = config["models"]["mouse"]
    child = model | {"fine_tune": {"parent": "mouse", "mode": "memory_replay"}}
    config["models"] |= {
        "child": child,
        "typo": model | {"fine_tune": {"parent": "mousse", "mode": "naive"}},
        "grandchild": model | {"fine_tune": {"parent": "child", "mode": "naive"}},
        "own": child | {"pose_weights": "raw/a.mp4"},
    }
    told = "\n".join(mistakes_of(config))
    place = "config/config.yaml: models."
    assert f"no data set with role 'fine_tune' in '{SPACE}', which model 'child' needs" in told
    assert f"{place}typo.fine_tune.parent: no model 'mousse'; did you mean 'mouse'?" in told
    assert f"{place}grandchild.fine_tune.parent: 'child' is itself fine-tuned" in told
    assert f"{place}own: both networks come from the parent" in told
    config["models"] = {"mouse": model, "child": child}
    write_datasets(
        f"lab\traw/lab\tcoco\t{SPACE}\tpretrain",
        f"mine\traw/lab\tcoco\t{SPACE}\tfine_tune\t{TABLE}",
        columns="dataset\tpath\tformat\tspace\trole\tconversion",
    )
    assert read_study(config, WORKFLOW).settings.models["child"].fine_tune.parent == "mouse"


def write_space(name, text):
    path = Path(f"config/keypoints/{name}.yaml")
    path.write_text(f"name: {name}\n{text}\n")
    return str(path)


def test_a_space_may_extend_a_shipped_one_and_inherits_what_settings_say_of_it(config):
    own = write_space("mine", f"extends: {SPACE}\nkeypoints: [implant]")
    last = write_space("last", "extends: mine\nkeypoints: [cable]")
    model = config["models"]["mouse"]
    tuned = {"fine_tune": {"parent": "mouse", "mode": "memory_replay"}, "space": "last"}
    config["models"] |= {"tuned": model | tuned}
    write_datasets(
        f"lab\traw/lab\tcoco\t{SPACE}\tpretrain\t{TABLE}",
        f"own\traw/lab\tcoco\tlast\tfine_tune\t{TABLE}",
        columns="dataset\tpath\tformat\tspace\trole\tconversion",
    )
    study = read_study(config, WORKFLOW)
    assert study.with_extended("last") == ["last", "mine", SPACE]
    assert study.with_extended(SPACE) == [SPACE]
    shipped = str(WORKFLOW / f"config/keypoints/{SPACE}.yaml")
    assert [study.spaces[name] for name in study.with_extended("last")] == [last, own, shipped]
    settings = study.settings
    assert settings.features.anatomy["last"] == settings.features.anatomy[SPACE]
    assert settings.behavior.definitions["last"] == settings.behavior.definitions[SPACE]
    assert "last" not in settings.gait.limbs  # the mouse from above has no feet
    config["features"]["anatomy"]["mine"] = dict.fromkeys(
        ("front", "neck", "center", "rear"), "implant"
    )
    anatomy = read_study(config, WORKFLOW).settings.features.anatomy
    assert anatomy["last"] == anatomy["mine"] != anatomy[SPACE]


@pytest.mark.parametrize(
    ("spaces", "told"),
    [
        (
            {"mine": "extends: mouse\nkeypoints: [a]"},
            "mine.yaml: extends: no keypoint space 'mouse'",
        ),
        (
            {"mine": "extends: b\nkeypoints: [a]", "b": "extends: mine\nkeypoints: [c]"},
            "keypoint space 'mine' extends itself",
        ),
        ({"mine": "extends: 3\nkeypoints: [a]"}, "mine.yaml: extends is 3"),
        ({"mine": f"extends: {SPACE}\nkeypoints: [nose]"}, "has the keypoint 'nose' already"),
    ],
)
def test_a_wrong_extension_is_told_before_anything_runs(config, spaces, told):
    for name, text in spaces.items():
        write_space(name, text)
    config["models"] |= {"other": config["models"]["mouse"] | {"space": "mine"}}
    assert told in "\n".join(mistakes_of(config))


def test_a_space_is_checked_also_when_one_that_extends_it_is_named_before(config):
    write_space("mine", f"extends: {SPACE}\nkeypoints: [implant]")
    mouse = config["models"]["mouse"]
    tuned = mouse | {"fine_tune": {"parent": "mouse", "mode": "naive"}, "space": "mine"}
    TABLE.write_text("source\tunified\nsnout\tnosse\n")
    for names in (("mouse", "tuned"), ("tuned", "mouse")):
        config["models"] = {name: {"mouse": mouse, "tuned": tuned}[name] for name in names}
        assert any(f"{TABLE}: row 2: 'nosse' is no" in mistake for mistake in mistakes_of(config))


def test_a_space_that_cannot_be_read_is_told_once(config):
    write_space("mine", "extends: mine\nkeypoints: [a]")
    for name in ("mouse", "other"):
        config["models"][name] = config["models"][name] | {"space": "mine"}
    first, *others = mistakes_of(config)
    assert "keypoint space 'mine' extends itself" in first
    assert not any("anatomy" in other or "extends itself" in other for other in others)


@pytest.mark.parametrize("keypoints", ["[]", "['']", "['nose ']", "[yes, no]", '["a\\tb"]', "nose"])
def test_keypoints_without_a_proper_name_are_told(config, keypoints):
    path = write_space("mine", f"keypoints: {keypoints}")
    config["models"]["other"] = config["models"]["other"] | {"space": "mine"}
    assert any(f"{path}: keypoints must be" in mistake for mistake in mistakes_of(config))


WALK = {
    "conditions": [{"feature": "speed_bl_per_s", "above": 1.0, "below": None}],
    "min_duration_s": 1.0,
    "max_gap_s": 0.0,
}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("behavior.definitions", {"walk": WALK}),
        ("gait.limbs", ["nose"]),
        ("gait.body", ["nose"]),
        ("features.anatomy", dict.fromkeys(("front", "neck", "center", "rear"), "nose")),
        ("smoothing.views.mirrors", ["top", "bot"]),
        ("unlabeled.pose_pca.keypoints", ["nose", "neck"]),
    ],
)
def test_a_setting_of_a_space_that_is_not_there_is_told(config, key, value):
    section = config
    for name in key.split("."):
        section = section[name]
    section["superanimal_quadruped"] = section.get("superanimal_quadruped", value)
    section["superanimal_topviewmose"] = value
    (mistake,) = mistakes_of(config)
    assert mistake == (
        f"config/config.yaml: {key}: no keypoint space 'superanimal_topviewmose'; did you mean "
        f"'{SPACE}'?"
    )


@pytest.mark.parametrize("key", ["gait.limbs", "gait.body", "unlabeled.pose_pca.keypoints"])
def test_a_keypoint_that_stands_twice_in_a_list_of_settings_is_told(config, key):
    section = config
    for name in key.split("."):
        section = section[name]
    section[SPACE] = ["nose", "neck", "nose"]
    (mistake,) = mistakes_of(config)
    assert mistake == f"config/config.yaml: {key}.{SPACE}: 'nose' stands twice; keep one"


def test_no_sentence_lists_hundreds_of_names(config):
    own = {"backbone": "mobilenetv2_100", "architecture": "vit"}
    config["models"] = {"mouse": config["models"]["mouse"] | own}
    assert max(map(len, mistakes_of(config))) < 2000


@pytest.mark.parametrize(
    ("keypoints", "mode", "is_right"),
    [
        ("[nose, whisker]", "memory_replay", True),
        ("[whisker]", "memory_replay", False),
        ("[whisker]", "naive", False),
        ("[whisker]", "new_head", True),
    ],
)
def test_a_parent_in_another_space_must_share_a_keypoint_unless_the_head_is_new(
    config, keypoints, mode, is_right
):
    write_space("mine", f"keypoints: {keypoints}")
    tuned = {"fine_tune": {"parent": "mouse", "mode": mode}, "space": "mine"}
    config["models"] |= {"tuned": config["models"]["mouse"] | tuned}
    told = "\n".join(mistakes_of(config))
    place = f"models.tuned.fine_tune.parent: 'mouse' speaks '{SPACE}', which shares no keypoint"
    assert (place in told) != is_right


def test_the_mistakes_of_all_files_are_told_together(config):
    write_videos("raw/x.mp4")
    write_datasets("lab\traw/lap\tcoco\tsuperanimal_topviewmous\tpretrain")
    config["report"]["labeled_videos"] = ["zzz"]
    mistakes = mistakes_of(config)
    for file in ("config/videos.tsv", "config/datasets.tsv", "config/config.yaml"):
        assert any(mistake.startswith(file) for mistake in mistakes)
    assert any("did you mean 'superanimal_topviewmouse'?" in mistake for mistake in mistakes)


def test_a_sheet_that_cannot_be_read_is_told_once(config):
    config["report"]["labeled_videos"] = ["a"]
    Path("config/videos.tsv").write_text("path,video\nraw/a.mp4,a\n")
    (mistake,) = mistakes_of(config)
    assert mistake.startswith("config/videos.tsv: row 1: the header reads 'path,video'")


@pytest.mark.parametrize("column", ["truth", "camera_file"])
def test_a_file_that_is_not_there_is_told_with_its_row(config, column):
    write_videos("raw/a.mp4\traw/a.file", columns=f"path\t{column}")
    (mistake,) = mistakes_of(config)
    assert mistake.startswith(f"config/videos.tsv: row 2: {column}: raw/a.file does not exist")


@pytest.mark.parametrize("seeds", [[0, 1, 0], [-1]])
def test_each_member_has_a_seed_of_its_own(config, seeds):
    config["models"]["mouse"] = {**config["models"]["mouse"], "seeds": seeds}
    (mistake,) = mistakes_of(config)
    assert mistake.startswith(f"config/config.yaml: models.mouse.seeds: read {seeds}; each member")


def test_empty_sheets_say_what_to_do_both_at_once(config):
    write_videos()
    write_datasets()
    told = "\n".join(mistakes_of(config))
    assert "config/videos.tsv: lists no video; add a row with at least the column 'path'" in told
    assert "config/datasets.tsv: lists no data set; add a row with dataset, path, format" in told


@pytest.mark.parametrize("name", ["m[1].mp4", "m*.mp4", "m?.mp4", "m{video}.mp4", "m{1}.mp4"])
def test_a_file_that_is_there_is_never_a_pattern(config, name):
    for file in (name, "m1.mp4", "mx.mp4"):
        Path("raw", file).touch()
    write_videos(f"raw/{name}\tv", columns="path\tvideo")
    assert [v.path for v in read_study(config, WORKFLOW).videos.values()] == [f"raw/{name}"]


def test_a_link_that_leads_nowhere_is_told_with_its_end_by_itself_and_in_a_pattern(config):
    Path("raw/lost.mp4").symlink_to("/away/m.mp4")
    told = "raw/lost.mp4 is a link to /away/m.mp4, where no file is; is its disk there?"
    for path in ("raw/lost.mp4", "raw/*.mp4"):
        write_videos(path)
        assert f"config/videos.tsv: row 2: {told}" in mistakes_of(config)


def test_a_pipe_is_no_video(config):
    os.mkfifo("raw/pipe.mp4")
    write_videos("raw/pipe.mp4")
    told = "config/videos.tsv: row 2: raw/pipe.mp4 is no file, but a device or a pipe"
    assert any(each.startswith(told) for each in mistakes_of(config))


def test_names_but_for_case_are_one_where_the_disk_takes_them_so(config):
    for name in ("m", "M"):
        Path(f"raw/{name}1.mp4").touch()
    write_videos("raw/m1.mp4", "raw/M1.mp4")
    assert {"m1", "M1"} <= set(read_study(config, WORKFLOW).videos)
    Path("CONFIG").mkdir()
    Path("CONFIG/VIDEOS.TSV").symlink_to(Path("config/videos.tsv").resolve())  # as on a Mac
    told = "the videos m1, M1 would have one folder of results on this disk"
    assert any(told in each for each in mistakes_of(config))


def test_a_pattern_finds_files_and_no_folders(config):
    Path("raw/folder.mp4").mkdir()
    write_videos("raw/*.mp4")
    assert {v.path for v in read_study(config, WORKFLOW).videos.values()} == {
        "raw/a.mp4",
        "raw/b.mp4",
    }


@pytest.mark.parametrize("count", ["0.4", "2.7", "0", "none"])
def test_a_fraction_of_an_animal_is_refused(config, count):
    write_videos(f"raw/a.mp4\t{count}", columns="path\tmax_individuals")
    (mistake,) = mistakes_of(config)
    assert f"max_individuals is '{count}'; expected a whole number from 1 on" in mistake


@pytest.mark.parametrize("header", ["Path\tgroup", "movie\tgroup", "path;group", "path,group"])
def test_a_sheet_without_its_column_is_told_once(config, header):
    write_videos(*(f"raw/{i}.mp4\tg" for i in range(300)), columns=header)
    (mistake,) = mistakes_of(config)
    assert header.split("\t")[0] in mistake


def test_slips_and_columns_of_our_tables_are_told_before_anything_runs(config):
    write_videos("raw/a.mp4\t3\tsick", columns="path\tmax_individual\tstatus")
    slip, ours = mistakes_of(config)
    assert "column 'max_individual': is 'max_individuals' meant?" in slip
    assert "column 'status': our tables have a column of that name" in ours


def test_a_name_too_long_for_a_file_is_told_with_its_row(config):
    Path("raw", "v" * 200 + ".mp4").touch()
    write_videos("raw/a.mp4", f"raw/{'v' * 200}.mp4")
    (mistake,) = mistakes_of(config)
    assert mistake.startswith("config/videos.tsv: row 3: video 'vvv")
    assert "has 200 characters" in mistake


def test_a_long_video_is_alone_whatever_the_names_of_others_are(config, monkeypatch):
    monkeypatch.setattr(study, "LONG_VIDEO_BYTES", 10)
    study._is_long.cache_clear()
    Path("raw/b.mp4").write_bytes(bytes(11))
    Path("raw/sub/c 1.mp4").write_bytes(bytes(10))
    rows = ("raw/a.mp4\tfirst", "raw/b.mp4\t0", "raw/sub/c 1.mp4\tlast")
    write_videos(*rows, columns="path\tvideo")
    read = read_study(config, WORKFLOW)
    batches = [read.batch_of(video, 3) for video in ("first", "0", "last")]
    assert batches[0] == batches[2] != batches[1]


def test_what_was_checked_is_what_is_used(config):
    config["adaptation"]["enabled"] = "n"
    config["inference"]["flip"] = "no"
    config["training"]["learning_rate"] = "1e-3"
    config["labels"]["test_fraction"] = "2e-1"
    config["training"]["steps"] = "2e4"
    used = read_study(config, WORKFLOW).settings.model_dump()
    assert used["adaptation"]["enabled"] is used["inference"]["flip"] is False
    assert used["training"]["learning_rate"] == 0.001
    assert used["labels"]["test_fraction"] == 0.2
    assert used["training"]["steps"] == 20_000


@pytest.mark.parametrize("value", ["perhaps", "1,5", [1], {"a": 1}, 2.5])
def test_what_is_of_no_use_as_a_count_is_refused(config, value):
    config["training"]["steps"] = value
    (mistake,) = mistakes_of(config)
    assert mistake.startswith("config/config.yaml: training.steps: read ")


def test_a_text_of_settings_is_looked_at_before_it_is_parsed(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n", encoding="utf-16")
    with pytest.raises(ConfigError, match=r"is UTF-16; save it as UTF-8"):
        check_text(path)
    path.write_text("training:\n  steps: 7\n  batch: 1\n  steps: 4\n")
    with pytest.raises(ConfigError, match=r"line 4: 'training.steps' stands twice, in line 2"):
        check_text(path)
    path.write_text("a: ä\n", encoding="latin-1")
    with pytest.raises(ConfigError, match="not UTF-8"):
        check_text(path)
    path.write_text("\ufeffa: ä\n")
    check_text(path)


def test_a_deeplabcut_project_may_bring_its_conversion_table(config):
    project = Path("raw/dlc")
    (project / "labeled-data").mkdir(parents=True)
    (project / "config.yaml").write_text(
        f"Task: t\nSuperAnimalConversionTables:\n  {SPACE}:\n    snout: nose\n"
    )
    write_datasets(f"mine\traw/dlc\tdeeplabcut\t{SPACE}\tpretrain")
    assert read_study(config, WORKFLOW).datasets["mine"].conversion == "raw/dlc/config.yaml"
    own = TABLE.with_name("mine.tsv")
    own.write_text("source\tunified\nsnout\tnose\n")
    assert read_study(config, WORKFLOW).datasets["mine"].conversion == str(own)


def test_a_count_in_groups_of_three_digits_is_no_small_count(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("training:\n  steps: 20.000\n  batch: 4.0\nquality: {max_gap_s: 1.000}\n")
    with path.open("a") as file:
        file.write("smoothing: {eks: {strength_frames: 10.000}}\n")
    with pytest.raises(ConfigError) as told:
        check_text(path)
    assert told.value.mistakes == [
        f"{path}: line 2: steps: '20.000': write 20000 or 20",
        f"{path}: line 5: strength_frames: '10.000': write 10000 or 10",
    ]


def test_one_file_in_two_rows_is_not_told_as_two_files(config):
    write_videos("raw/*.mp4", "raw/a.mp4")
    (mistake,) = mistakes_of(config)
    assert mistake == "config/videos.tsv: row 3: raw/a.mp4 stands in row 2 already; remove one"


def test_what_windows_and_german_spreadsheets_write_is_told_with_a_hint(config):
    write_videos("raw\\a.mp4\t", "raw/b.mp4\t0,1", columns="path\tcm_per_px")
    path, number = mistakes_of(config)
    assert path.endswith("remove the row; write / between folders")
    assert "'0,1'; expected a number above 0, or nothing; its decimal mark is a point" in number


@pytest.mark.parametrize("feature", ["speed_bl_per_s", "speed_nose_px_per_s", "speed_cm_per_s_sd"])
def test_behaviors_may_ask_for_every_feature(config, feature):
    condition = {"feature": feature, "above": 1.0, "below": None}
    config["behavior"]["definitions"][SPACE]["walk"]["conditions"] = [condition]
    assert read_study(config, WORKFLOW)


def test_a_feature_that_no_table_has_is_told_before_anything_runs(config):
    condition = {"feature": "sped_bl_per_s", "above": 1.0, "below": None}
    config["behavior"]["definitions"][SPACE]["walk"]["conditions"] = [condition]
    (mistake,) = mistakes_of(config)
    assert f"behavior.definitions.{SPACE}.walk: unknown feature 'sped_bl_per_s'" in mistake
    assert "'speed_bl_per_s'" in mistake


@pytest.mark.parametrize(("max_gap_s", "is_right"), [(10.0, True), (10.1, False)])
def test_frames_wait_for_a_detection_ten_seconds_at_most(config, max_gap_s, is_right):
    config["detector"]["max_gap_s"] = max_gap_s
    if is_right:
        assert read_study(config, WORKFLOW)
    else:
        assert "detector.max_gap_s" in mistakes_of(config)[0]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_a_config_without_a_setting_is_told_what_to_write(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"config.yaml: holds no setting.*videos: config/videos"):
        check_text(path)


@pytest.mark.parametrize(("begin", "is_right"), [(0.1, True), (0.2, False)])
def test_masks_that_end_before_they_begin_are_told(config, begin, is_right):
    mask = {"patch_px": 16, "initial": 0.0, "final": 0.5, "begin": begin, "end": 0.1}
    config["augment"]["patch_mask"] = mask
    if is_right:
        assert read_study(config, WORKFLOW).settings.augment.patch_mask
    else:
        (mistake,) = mistakes_of(config)
        assert "augment.patch_mask: begin is 0.2 and end 0.1; both are parts" in mistake


def test_what_becomes_wrong_with_a_row_during_a_run_stops_no_other_video(config):
    """Its jobs on other machines read the sheets again."""
    columns = "path\tvideo\tfps\tmodel\ttruth"
    rows = ["raw/a.mp4\ta\t\t\t", "raw/gone.mp4\tgone\t\t\tgone.parquet"]
    rows += ["raw/b.mp4\tb\tmany\t\t", "raw/sub/c 1.mp4\tc\t\tnobody\t"]
    write_videos(*rows, columns=columns)
    assert len(mistakes_of(config)) == 4
    videos = read_study(config, WORKFLOW, is_begun=True).videos
    assert list(videos) == ["a", "gone"]
    assert videos["gone"].path == "raw/gone.mp4"
    write_videos("raw/a.mp4\ta\t\t\t", "raw/b.mp4\ta\t\t\t", columns=columns)
    assert [v.path for v in read_study(config, WORKFLOW, is_begun=True).videos.values()] == [
        "raw/a.mp4"
    ]
