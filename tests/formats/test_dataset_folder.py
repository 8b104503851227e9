import os
import pickle
import struct
import zlib

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superanimal_core.datasets import PARSERS
from superanimal_core.errors import DatasetError
from superanimal_core.formats import listing
from superanimal_core.formats.dataset_folder import DiskFolder, image_path
from superanimal_core.formats.hdf_literals import literal
from superanimal_core.formats.hdf_tables import read_arrays, read_hdf_table


def png(width, height):
    """A PNG that has a header and next to no content."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "set"
    (root / "deep er").mkdir(parents=True)
    (root / "a.json").write_text("{}")
    (root / "._a.json").write_text("mac")
    (root / "deep er" / "ü.png").write_bytes(png(31, 17))
    (tmp_path / "secret.json").write_text("{}")
    return root


def test_names_are_relative_sorted_and_never_hidden(folder):
    assert DiskFolder(folder).names("*") == ["a.json", "deep er/ü.png"]
    assert DiskFolder(folder).names("*.png") == ["deep er/ü.png"]


def test_a_table_that_is_open_in_excel_is_one_table(folder):
    head = "scorer,S,S\nbodyparts,nose,nose\ncoords,x,y\n"
    (folder / "CollectedData_S.csv").write_text(f"{head}deep er/ü.png,1,2\n")
    (folder / "~$CollectedData_S.csv").write_bytes(b"\x03Ann" + b" " * 50)
    assert len(PARSERS["deeplabcut"]("set", DiskFolder(folder))) == 1


def test_a_suffix_in_capitals_is_the_same_suffix(folder):
    head = "scorer,S,S\nbodyparts,nose,nose\ncoords,x,y\n"
    (folder / "COLLECTEDDATA_S.CSV").write_text(f"{head}deep er/ü.png,1,2\n")
    assert DiskFolder(folder).names("*CollectedData*.csv") == ["COLLECTEDDATA_S.CSV"]
    assert len(PARSERS["deeplabcut"]("set", DiskFolder(folder))) == 1


def test_one_file_is_a_data_set_whose_images_lie_around_it(folder):
    one = DiskFolder(folder / "a.json")
    assert one.names("*") == ["a.json"]
    assert one.has("deep er/ü.png")
    assert one.image_size_px("deep er/ü.png") == (31, 17)


def test_a_missing_path_is_named(folder):
    with pytest.raises(DatasetError, match="nowhere: there is no such file"):
        DiskFolder(folder / "nowhere")


@pytest.mark.parametrize(
    "name", ["../secret.json", "deep er/../../secret.json", "/etc/passwd", "a\0b"]
)
def test_names_that_leave_the_folder_are_refused(folder, name):
    for ask in (DiskFolder(folder).has, DiskFolder(folder).text, DiskFolder(folder).json):
        with pytest.raises(DatasetError, match=r"outside|no file name"):
            ask(name)


def test_links_that_leave_the_folder_are_refused(folder):
    os.symlink(folder.parent / "secret.json", folder / "link.json")
    os.symlink(folder.parent, folder / "up")
    for name in ("link.json", "up/secret.json"):
        with pytest.raises(DatasetError, match="leads outside"):
            DiskFolder(folder).text(name)
    with pytest.raises(DatasetError, match="leads outside"):
        image_path(folder, "up/secret.json")


def test_a_linked_data_set_is_fine(folder):
    os.symlink(folder, folder.parent / "alias")
    assert image_path(folder.parent / "alias", "a.json").read_text() == "{}"


def test_linked_folders_are_listed_and_read_where_they_stay_inside(folder):
    os.symlink(folder / "deep er", folder / "linked")
    listed = DiskFolder(folder)
    assert listed.names("*") == ["a.json", "deep er/ü.png", "linked/ü.png"]
    assert listed.image_size_px("linked/ü.png") == (31, 17)


def test_files_behind_a_link_that_leads_outside_are_listed_and_refused(folder):
    storage = folder.parent / "storage/labeled-data/vidB"
    storage.mkdir(parents=True)
    (storage / "CollectedData_A.csv").write_text("")
    os.symlink(storage.parent, folder / "labeled-data")
    listed = DiskFolder(folder)
    assert listed.names("*CollectedData*.csv") == ["labeled-data/vidB/CollectedData_A.csv"]
    with pytest.raises(DatasetError, match=r"vidB/CollectedData_A\.csv' leads outside.*copy"):
        listed.table("labeled-data/vidB/CollectedData_A.csv")
    assert listed.json("a.json") == {}  # what is not behind the link is read


def test_a_linked_folder_that_is_gone_is_told_and_a_linked_file_is_not(folder):
    os.symlink(folder.parent / "nowhere.mp4", folder / "video.mp4")
    assert DiskFolder(folder).names("*.mp4") == ["video.mp4"]
    os.symlink(folder.parent / "storage/vidB", folder / "vidB")
    with pytest.raises(DatasetError, match=r"vidB: a link to .*storage/vidB, which is not there"):
        DiskFolder(folder).names("*")


def test_links_in_circles_end(folder):
    os.symlink(folder, folder / "deep er/again")
    os.symlink(folder / "deep er", folder / "linked")
    os.symlink(folder.parent, folder / "up")
    names = DiskFolder(folder).names("*.png")
    assert names == ["deep er/ü.png", "linked/ü.png"]


def test_a_link_to_very_many_files_is_refused_at_the_limit(folder, monkeypatch):
    storage = folder.parent / "storage"
    storage.mkdir()
    for i in range(3):
        (storage / f"{i}.csv").write_text("")
    os.symlink(storage, folder / "linked")
    monkeypatch.setattr(listing, "MAX_LINKED_FILES", 3)
    assert len(DiskFolder(folder).names("linked/*")) == 3
    monkeypatch.setattr(listing, "MAX_LINKED_FILES", 2)
    with pytest.raises(DatasetError, match="the linked folder linked/ holds more than 2 files"):
        DiskFolder(folder).names("*")


def test_a_picture_that_is_none_is_named_and_a_bomb_is_not_decoded(folder):
    (folder / "b.png").write_bytes(b"nothing")
    (folder / "bomb.png").write_bytes(png(60_000, 60_000))
    for name in ("b.png", "bomb.png"):
        with pytest.raises(DatasetError, match=f"{name}: not a readable"):
            DiskFolder(folder).image_size_px(name)


def frame(levels, index, fill=None):
    head = [["S"], ["m1", "m2"], ["nose", "tail"], ["x", "y"]]
    names = ["scorer", "individuals", "bodyparts", "coords"]
    if levels == 3:
        del head[1], names[1]
    columns = pd.MultiIndex.from_product(head, names=names)
    values = np.random.default_rng(0).random((3, len(columns)))
    table = pd.DataFrame(values, columns=columns, index=index)
    if fill is not None:
        table[table.columns[0]] = fill
    return table


ONE = [f"labeled-data/v/i{k}.png" for k in range(3)]
THREE = pd.MultiIndex.from_tuples([("labeled-data", "v", f"i{k}.png") for k in range(3)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("levels", [3, 4])
@pytest.mark.parametrize(
    ("layout", "index", "names"),
    [
        ("fixed", ONE, ONE),
        ("fixed", THREE, ONE),  # pandas cannot write it as a table
        ("fixed", range(3), ["0", "1", "2"]),
        ("table", ONE, ONE),
        ("table", range(3), ["0", "1", "2"]),
    ],
    ids=["fixed-one", "fixed-three", "fixed-frames", "table-one", "table-frames"],
)
def test_both_layouts_of_pandas_are_read_without_pandas(tmp_path, layout, levels, index, names):
    table = frame(levels, index)
    table.to_hdf(tmp_path / "t.h5", key="df_with_missing", format=layout)
    read = read_hdf_table(tmp_path / "t.h5", "t.h5")
    assert read.columns == tuple(table.columns)
    assert np.array_equal(read.values, table.to_numpy())
    assert ["/".join(parts) for parts in read.index] == names


@pytest.mark.filterwarnings("ignore")
def test_columns_of_several_number_types_keep_their_places(tmp_path):
    table = frame(3, ONE, fill=7)
    table.to_hdf(tmp_path / "t.h5", key="df_with_missing")
    read = read_hdf_table(tmp_path / "t.h5", "t.h5")
    assert np.array_equal(read.values, table.to_numpy())


@pytest.mark.filterwarnings("ignore")
def test_pickled_cells_are_refused(tmp_path):
    table = frame(3, ONE, fill=[{"a"}, {"b"}, {"c"}])
    table.to_hdf(tmp_path / "t.h5", key="df_with_missing")
    with pytest.raises(DatasetError, match="holds Python objects"):
        read_hdf_table(tmp_path / "t.h5", "t.h5")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("key", ["keypoints", "df_with_missing", "tracks", "df", "a/b/c", "x y"])
@pytest.mark.parametrize("layout", ["fixed", "table"])
def test_the_only_table_of_a_file_is_read_whatever_its_key(tmp_path, key, layout):
    table = frame(4, ONE)
    table.to_hdf(tmp_path / "t.h5", key=key, format=layout)
    assert np.array_equal(read_hdf_table(tmp_path / "t.h5", "t.h5").values, table.to_numpy())


@pytest.mark.filterwarnings("ignore")
def test_two_tables_in_a_file_are_named_and_none_is_told(tmp_path):
    for key in ("keypoints", "df_with_missing"):
        frame(3, ONE).to_hdf(tmp_path / "t.h5", key=key)
    with pytest.raises(DatasetError, match=r"the tables (keypoints|df_with_missing), .*keep one"):
        read_hdf_table(tmp_path / "t.h5", "t.h5")
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file["tracks"] = np.zeros(3)
        file.create_group("df_with_missing")
    with pytest.raises(DatasetError, match=r"none\.h5: holds no table of pandas"):
        read_hdf_table(tmp_path / "none.h5", "none.h5")


class Evil:
    def __reduce__(self):
        return os.system, ("echo evil",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_literal_is_read_from_every_pickle_protocol_and_an_object_from_none(protocol):
    value = [(1, [("S", "nose", "x"), ("S", "nose", "ü")]), (None, -5, 2**40)]
    assert literal(pickle.dumps(value, protocol), "t") == value
    for evil in ([Evil()], [os.system], [{"set"}]):
        with pytest.raises(DatasetError, match=r"t: holds a pickled object|t: damaged"):
            literal(pickle.dumps(evil, protocol), "t")


@pytest.mark.parametrize(
    "body",
    [b"(.", b"](a.", b"(\x85.", b"]q\x00h\x00a.", b"]q\x00(h\x00h\x00e.", b"(lp0\ng0\n\x85a."],
)
def test_a_list_without_an_end_or_within_itself_is_no_literal(body):
    with pytest.raises(DatasetError, match=r"^t: (damaged|holds itself)"):
        literal(body, "t")


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=80))
def test_garbage_is_no_literal_but_an_error(body):
    try:
        literal(body, "t")
    except DatasetError:
        return


def test_hdf5_links_to_other_files_are_refused(tmp_path):
    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["points"] = [1.0]
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["link"] = h5py.ExternalLink("secret.h5", "/points")
        file["soft"] = h5py.SoftLink("/link")
        layout = h5py.VirtualLayout((1,), "f8")
        layout[:] = h5py.VirtualSource(tmp_path / "secret.h5", "points", (1,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("external", (1,), "f8", external=[(tmp_path / "secret.h5", 0, 8)])
    for name in ("link", "soft", "virtual", "external"):
        with pytest.raises(DatasetError, match="refused"):
            read_arrays(tmp_path / "s.h5", [name], "s.h5")


def test_an_array_that_would_fill_memory_is_refused(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file.create_dataset("bomb", (2**40,), "f8", chunks=(2**20,), compression="gzip")
    with pytest.raises(DatasetError, match="refused"):
        read_arrays(tmp_path / "b.h5", ["bomb"], "b.h5")


def test_a_truncated_hdf5_file_is_named(tmp_path):
    frame(3, ONE).to_hdf(tmp_path / "t.h5", key="df_with_missing")
    whole = (tmp_path / "t.h5").read_bytes()
    (tmp_path / "t.h5").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=r"t.h5: not a readable HDF5 file"):
        read_hdf_table(tmp_path / "t.h5", "t.h5")
