import numpy as np
import pytest

from superanimal_core.datasets.deeplabcut import parse_deeplabcut
from superanimal_core.datasets.lightning_pose import parse_lightning_pose
from superanimal_core.datasets.write_deeplabcut import to_deeplabcut
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.pose.labels import LabelState

V, U, N = LabelState.VISIBLE, LabelState.NOT_LABELED, LabelState.NOT_IN_DATASET
TABLE = "labeled-data/v/CollectedData_S.csv"
HEAD = "scorer,S,S,S,S\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"


def project(memory_folder, rows, head=HEAD, name=TABLE, images=("a.png", "b.png"), **more):
    pictures = {f"labeled-data/v/{image}": (64, 48) for image in images}
    return memory_folder({name: head + rows} | more, pictures)


def test_what_r_writes_for_nothing_is_not_labeled(memory_folder):
    labels = parse_deeplabcut("set", project(memory_folder, "labeled-data/v/a.png,0,2,NA,NA\n"))
    assert labels.state.tolist() == [[V, U]]


def test_positions_get_half_a_pixel_and_empty_cells_are_not_labeled(memory_folder):
    folder = project(memory_folder, "labeled-data/v/a.png,0,2,,\nlabeled-data/v/b.png,,,,\n")
    labels = parse_deeplabcut("set", folder)
    assert labels.image.tolist() == ["labeled-data/v/a.png"]  # b: no animal there
    assert labels.state.tolist() == [[V, U]]
    assert labels.xy_px[0, 0].tolist() == [0.5, 2.5]
    assert (labels.group[0], labels.individual[0]) == ("v", "animal0")
    assert labels.image_size_px.tolist() == [[64, 48]]


@pytest.mark.parametrize(
    "written",
    [
        "labeled-data\\v\\a.png",
        "C:\\Users\\me\\project\\labeled-data\\v\\a.png",
        "/home/me/project/labeled-data/v/a.png",
        "./labeled-data/v/a.png",
        "/home/me/other/v/a.png",
        "D:\\frames\\a.png",
        "a.png",
    ],
)
def test_every_way_to_write_the_image_finds_it(memory_folder, written):
    labels = parse_deeplabcut("set", project(memory_folder, f"{written},1,2,3,4\n"))
    assert labels.image.tolist() == ["labeled-data/v/a.png"]


def test_three_index_columns_are_read_as_one_path(memory_folder):
    head = "scorer,,,S,S\nbodyparts,,,nose,nose\ncoords,,,x,y\n"
    labels = parse_deeplabcut("set", project(memory_folder, "labeled-data,v,a.png,1,2\n", head))
    assert labels.image.tolist() == ["labeled-data/v/a.png"]


MULTI = (
    "scorer,S,S,S,S,S,S,S,S\nindividuals,m1,m1,m1,m1,m2,m2,single,single\n"
    "bodyparts,nose,nose,tail,tail,nose,nose,corner,corner\ncoords,x,y,x,y,x,y,x,y\n"
)


def test_unique_bodyparts_are_an_individual_of_their_own(memory_folder):
    rows = "labeled-data/v/a.png,1,2,3,4,,,9,9\nlabeled-data/v/b.png,,,,,5,6,,\n"
    labels = parse_deeplabcut("set", project(memory_folder, rows, MULTI))
    assert labels.space.keypoints == ("nose", "tail", "corner")
    assert labels.individual.tolist() == ["m1", "single", "m2"]
    assert labels.state.tolist() == [[V, V, N], [N, N, V], [V, N, N]]


def test_a_keypoint_that_one_table_lacks_is_not_in_that_table(memory_folder):
    other = "scorer,S,S\nbodyparts,ear,ear\ncoords,x,y\nlabeled-data/w/c.png,1,2\n"
    folder = project(memory_folder, "labeled-data/v/a.png,1,2,3,4\n")
    folder.documents["labeled-data/w/CollectedData_S.csv"] = other
    folder.images["labeled-data/w/c.png"] = (9, 9)
    labels = parse_deeplabcut("set", folder)
    assert labels.space.keypoints == ("nose", "tail", "ear")
    assert labels.state.tolist() == [[V, V, N], [N, N, V]]
    assert labels.group.tolist() == ["v", "w"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("labeled-data/v/a.png,1,2,3\n", r"CollectedData_S.csv: row 4 has 4 cells"),
        ("labeled-data/v/a.png,1,oops,3,4\n", r"row 4, column nose y: 'oops' is not a number"),
        ("labeled-data/v/a.png,1,inf,3,4\n", "a.png': a position is infinite"),
        ("labeled-data/v/z.png,1,2,3,4\n", r"1 of 1 labeled images are missing: '.*z.png'"),
        ("labeled-data/v/a.png,1,2,3,4\n" * 2, "'labeled-data/v/a.png', animal0: labeled in two"),
        ("labeled-data/v/a.png,,,,\n", "not one labeled keypoint"),
        (",1,2,3,4\n", "labeled row 1 names no image"),
    ],
)
def test_a_wrong_row_is_named(memory_folder, rows, message):
    with pytest.raises(DatasetError, match=message):
        parse_deeplabcut("set", project(memory_folder, rows))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("", "the first rows begin with"),
        ("scorer,S,S\nbodyparts,nose,nose\ncoords,x,x\n", "column nose / x stands twice"),
        ("scorer,S,S\nbodyparts,nose,ear\ncoords,x,y\n", "'nose' has a column x, but none for y"),
        ("scorer,S\nbodyparts,nose\ncoords,x,y\n", "the row 'bodyparts' has 2 cells"),
    ],
)
def test_a_wrong_header_is_named(memory_folder, head, message):
    with pytest.raises(DatasetError, match=message):
        parse_deeplabcut("set", project(memory_folder, "labeled-data/v/a.png,1,2\n", head))


def test_no_table_says_what_to_give(memory_folder):
    with pytest.raises(DatasetError, match=r"no CollectedData\*.csv or .h5"):
        parse_deeplabcut("set", memory_folder())


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (HEAD + "labeled-data/v/a.png,1,2,3,4.5\n", "a.png, tail y: 4 and 4.5;"),
        (HEAD + "labeled-data/v/a.png,1,2,,\n", "a.png, tail x: 3 and nan;"),
        (HEAD + "labeled-data/v/b.png,1,2,3,4\n", "the row 'labeled-data/v/a.png' is only in one"),
        (HEAD + "labeled-data/v/a.png,1,2,3,4\n" * 2, "1 and 2 rows, some of them of one name"),
        (
            HEAD.replace("tail", "ear") + "labeled-data/v/a.png,1,2,3,4\n",
            "'S ear x' is only in one",
        ),
        (HEAD + "labeled-data/v/a.png,1,2,3,4.001001\n", "a.png, tail y: 4 and 4.001001;"),
    ],
)
def test_csv_and_h5_of_one_table_must_agree(memory_folder, other, message):
    folder = project(memory_folder, "labeled-data/v/a.png,1,2,3,4\n")
    folder.documents[TABLE.replace(".csv", ".h5")] = other
    with pytest.raises(DatasetError, match="are the same table but do not agree: .*" + message):
        parse_deeplabcut("set", folder)


def test_csv_and_h5_agree_within_what_a_spreadsheet_keeps_of_floats(memory_folder):
    folder = project(memory_folder, "labeled-data/v/a.png,1,2,3,4\n")
    near = HEAD + "labeled-data/v/a.png,1,2,3,4.0009\n"
    folder.documents[TABLE.replace(".csv", ".h5")] = near
    assert len(parse_deeplabcut("set", folder)) == 1


def test_of_a_project_only_its_labeled_data_counts(memory_folder):
    rows = "labeled-data/v/a.png,1,2,3,4\n"
    folder = project(memory_folder, rows)
    copy = "training-datasets/iteration-0/UnaugmentedDataSet_pJan1/CollectedData_S"
    folder.documents[f"{copy}.csv"] = HEAD + rows
    folder.documents["CollectedData_old.csv"] = HEAD + rows
    assert parse_deeplabcut("set", folder).image.tolist() == ["labeled-data/v/a.png"]
    del folder.documents[TABLE]  # then the one beside it is all there is, but never the copy
    assert parse_deeplabcut("set", folder).image.tolist() == ["labeled-data/v/a.png"]
    del folder.documents["CollectedData_old.csv"]
    with pytest.raises(DatasetError, match=r"no CollectedData"):
        parse_deeplabcut("set", folder)


def test_two_tables_that_label_a_picture_are_both_named(memory_folder):
    folder = project(memory_folder, "labeled-data/v/a.png,1,2,3,4\n")
    folder.documents[TABLE.replace("_S", "_Bob")] = HEAD + "labeled-data/v/a.png,1,2,3,4\n"
    with pytest.raises(DatasetError, match=r"CollectedData_Bob.csv and .*CollectedData_S.csv: "):
        parse_deeplabcut("set", folder)


@pytest.mark.parametrize(
    "text",
    [
        (HEAD + "labeled-data/v/a.png,1.5,2,,\n").replace("\n", ",,\n"),
        (HEAD + "labeled-data/v/a.png,1.5,2,,\n").replace(",", ";"),
        (HEAD + "labeled-data/v/a.png;1,5;2;;\n").replace("1,5", "1.5").replace(",", ";")
        .replace("1.5", "1,5"),
        (HEAD + "labeled-data/v/a.png,1.5,2,,\n").replace(",", "\t").replace(".5", ",5"),
        "".join(line.replace(",", ",,", 1) + "\n" for line in
                (HEAD + "labeled-data/v/a.png,1.5,2,,").split("\n")),
        HEAD.replace(",nose,nose", ",,nose,nose").replace("S,S,S,S", "S,S,S,S,S")
        .replace(",x,y", ",,x,y", 1) + "labeled-data/v/a.png,,1.5,2,,\n",
    ],
    ids=["commas", "semicolons", "decimal_comma", "tabs", "empty_first", "empty_second"],
)  # fmt: skip
def test_what_spreadsheets_make_of_a_table_is_the_same_table(memory_folder, text):
    labels = parse_deeplabcut("set", project(memory_folder, "", head=text))
    assert labels.space.keypoints == ("nose", "tail")
    assert labels.xy_px[0, 0].tolist() == [2.0, 2.5]
    assert labels.state.tolist() == [[V, U]]


def test_numbers_in_a_column_without_a_name_are_told(memory_folder):
    text = HEAD.replace("\n", ",\n") + "labeled-data/v/a.png,1,2,3,4,5\n"
    with pytest.raises(DatasetError, match="row 4 has 6 cells, the header has 5"):
        parse_deeplabcut("set", project(memory_folder, "", head=text))
    text = "scorer,S,S,S\nbodyparts,,nose,nose\ncoords,,x,y\nlabeled-data/v/a.png,7,1,2\n"
    with pytest.raises(DatasetError, match=r"missing|has no name"):
        parse_deeplabcut("set", project(memory_folder, "", head=text))


def test_deeplabcut_tables_written_and_read_again_say_the_same(memory_folder):
    rows = "labeled-data/v/a.png,1,2,3,4,,,9,9\nlabeled-data/v/b.png,,,,,5,6,,\n"
    labels = parse_deeplabcut("set", project(memory_folder, rows, MULTI))
    folder = memory_folder(
        to_deeplabcut(labels, "S", with_visible=False),
        dict.fromkeys(labels.image, (64, 48)),
    )
    again = parse_deeplabcut("set", folder)
    assert again.individual.tolist() == labels.individual.tolist()
    assert np.array_equal(again.xy_px, labels.xy_px, equal_nan=True)


VISIBLE = "scorer,S,S,S,S,S,S\nbodyparts,a,a,a,b,b,b\ncoords,x,y,visible,x,y,visible\n"


def test_lightning_pose_says_occluded_and_ignored_in_a_third_column(memory_folder):
    rows = "labeled-data/v/a.png,1,2,1,3,4,0\nlabeled-data/v/b.png,1,2,2,,,1\n"
    folder = project(memory_folder, rows, VISIBLE, name="CollectedData.csv")
    labels = parse_lightning_pose("set", folder)
    assert labels.state.tolist() == [[LabelState.OCCLUDED, U], [V, U]]
    folder.documents["CollectedData.csv"] = VISIBLE + "labeled-data/v/a.png,1,2,5,3,4,0\n"
    with pytest.raises(DatasetError, match="'visible' of 'a' is 5; expected 0, 1 or 2"):
        parse_lightning_pose("set", folder)


def test_lightning_pose_views_of_a_moment_share_a_group_and_new_is_held_out(memory_folder):
    head = "scorer,S,S\nbodyparts,a,a\ncoords,x,y\n"
    images = [f"labeled-data/{s}_{v}/i1.png" for s in ("s1", "s2") for v in ("top", "side")]
    documents = {
        f"CollectedData_{v}{new}.csv": f"{head}labeled-data/{s}_{v}/i1.png,1,2\n"
        for v in ("top", "side")
        for s, new in (("s1", ""), ("s2", "_new"))
    }
    labels = parse_lightning_pose("set", memory_folder(documents, dict.fromkeys(images, (9, 9))))
    assert set(zip(labels.group, labels.split, strict=True)) == {("s1", ""), ("s2", "test")}
    assert len(labels) == 4


def test_real_open_field_reads_from_csv_and_h5_alike(shared_data):
    folder = shared_data / "openfield"
    labels = parse_deeplabcut("openfield", DiskFolder(folder))  # compares csv and h5, too
    assert (len(labels), labels.is_located.sum()) == (116, 464)
    assert labels.image_size_px[0].tolist() == [640, 480]
    assert np.allclose(labels.xy_px[0, 0], [21.521 + 0.5, 265.428 + 0.5])
    h5 = DiskFolder(folder / "labeled-data/m4s1/CollectedData_Pranav.h5")
    alone = parse_deeplabcut("openfield", h5)
    assert np.array_equal(alone.xy_px, labels.xy_px)


def test_real_birds_are_several_animals_per_image(shared_data):
    labels = parse_deeplabcut("birds", DiskFolder(shared_data / "birds"))
    assert (labels.is_located.sum(), len(set(labels.image))) == (88, 6)
    assert labels.space.keypoints == ("head", "tail", "leftwing", "rightwing")


def test_real_mirror_mouse_reads_as_lightning_pose(shared_data):
    labels = parse_lightning_pose("mirror", DiskFolder(shared_data / "mirror_mouse"))
    assert (len(labels), len(labels.space)) == (90, 17)
    assert abs(labels.is_located.mean() - 0.91) < 0.01


@pytest.mark.parametrize("animals", ["single", "multi", "multi_unique"])
def test_real_index_styles_say_the_same(shared_data, memory_folder, animals):
    folder = shared_data / "sleap_flies/dlc_csv_variants"
    images = {f"labeled-data/video/img00{i}.png": (9, 9) for i in range(4)}
    both = [
        parse_deeplabcut(
            "set",
            memory_folder(
                {"CollectedData.csv": (folder / f"{animals}_{v}.csv").read_text()}, images
            ),
        )
        for v in ("v1", "v2")
    ]
    assert np.array_equal(both[0].xy_px, both[1].xy_px, equal_nan=True)
    assert both[0].image.tolist() == both[1].image.tolist()
    assert ("single" in both[0].individual) == (animals == "multi_unique")
