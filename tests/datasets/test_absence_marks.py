"""(0, 0) and (-1, -1) in tables mean absent, unless they could be a place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from superanimal_core.datasets import PARSERS
from superanimal_core.datasets.absence_marks import NEAR_CORNER_PX, is_absence_mark
from superanimal_core.errors import DatasetError
from superanimal_core.pose.labels import LabelState

V, U = LabelState.VISIBLE, LabelState.NOT_LABELED
HEAD = "scorer,S,S,S,S\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"


def read(memory_folder, *tails, nose="50,60"):
    """Labels of pictures with the nose somewhere and the tail as written."""
    rows = "".join(f"{i}.png,{nose},{tail}\n" for i, tail in enumerate(tails))
    pictures = {f"{i}.png": (640, 480) for i in range(len(tails))}
    return PARSERS["deeplabcut"]("set", memory_folder({"CollectedData.csv": HEAD + rows}, pictures))


@pytest.mark.parametrize("mark", ["0,0", "0.0,-0.0", "-1,-1", "-1.0,-1.0", "-999,-999"])
def test_a_mark_of_absence_is_not_labeled(memory_folder, mark):
    labels = read(memory_folder, mark, "300,200")
    assert labels.state.tolist() == [[V, U], [V, V]]
    assert np.isnan(labels.xy_px[0, 1]).all()


@pytest.mark.parametrize("place", ["0,1", "0.25,0.25", "-1,-2", "-0.5,-0.5", "3,3", "0,300"])
def test_any_other_place_is_a_place(memory_folder, place):
    labels = read(memory_folder, place, "300,200")
    assert (labels.state == V).all()
    assert (labels.xy_px[0, 1] - 0.5).tolist() == [float(c) for c in place.split(",")]


def test_zeros_of_a_keypoint_that_is_near_the_corner_elsewhere_are_refused(memory_folder):
    said = r"0\.png: 'tail' is at \(0, 0\) \(2 times in this table\).* 10 px from that corner"
    with pytest.raises(DatasetError, match=said):
        read(memory_folder, "0,0", f"{NEAR_CORNER_PX},3", "0,0")
    farther = np.nextafter(NEAR_CORNER_PX, np.inf)
    assert read(memory_folder, "0,0", f"{farther},3").state[0].tolist() == [V, U]
    assert read(memory_folder, "-1,-1", "2,3").state[0].tolist() == [V, U]  # no place at all


def test_zeros_without_any_other_place_are_refused(memory_folder):
    with pytest.raises(DatasetError, match=r"'tail' is at .* since it has no other position"):
        read(memory_folder, "0,0", "0,0", ",")


def test_the_other_animals_of_a_table_tell_what_a_zero_is(memory_folder):
    head = (
        "scorer,S,S,S,S\nindividuals,m1,m1,m2,m2\nbodyparts,nose,nose,nose,nose\ncoords,x,y,x,y\n"
    )
    folder = memory_folder({"CollectedData.csv": f"{head}0.png,50,60,0,0\n"}, {"0.png": (99, 99)})
    assert PARSERS["deeplabcut"]("set", folder).individual.tolist() == ["m1"]


def test_a_table_that_says_visible_itself_is_believed(memory_folder):
    head = "scorer,S,S,S\nbodyparts,a,a,a\ncoords,x,y,visible\n"
    pictures = {f"{i}.png": (99, 99) for i in range(4)}
    table = f"{head}0.png,0,0,2\n1.png,0,0,0\n3.png,50,50,2\n"
    folder = memory_folder({"CollectedData.csv": table}, pictures)
    labels = PARSERS["lightning_pose"]("set", folder)
    assert labels.image.tolist() == ["0.png", "3.png"]
    assert labels.xy_px[0, 0].tolist() == [0.5, 0.5]
    folder.documents["CollectedData.csv"] += "2.png,0,0,\n"
    with pytest.raises(DatasetError, match=r"2\.png: 'a' is at \(0, 0\) .* it also lies 0 px"):
        PARSERS["lightning_pose"]("set", folder)


def test_tracks_with_a_score_of_zero_need_no_other_place(memory_folder):
    head = "scorer,S,S,S\nbodyparts,a,a,a\ncoords,x,y,likelihood\n"
    rows = "0,0,0,0\n1,5,5,0.9\n2,0,0,0.0\n"
    folder = memory_folder({"m.csv": head + rows}, {"m.mp4": (64, 48)})
    labels = PARSERS["deeplabcut_tracks"]("set", folder)
    assert labels.image.tolist() == ["m.mp4#frame=1"]
    folder.documents["m.csv"] = head + rows + "3,0,0,0.1\n"
    with pytest.raises(DatasetError, match=r"3: 'a' is at \(0, 0\) \(1 times"):
        PARSERS["deeplabcut_tracks"]("set", folder)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_only_equal_whole_numbers_up_to_zero_are_marks(x, y):
    written = np.array([[x, y], [x, x], [np.nan, np.nan]])
    is_whole = x <= 0 and float(x).is_integer()
    assert is_absence_mark(written).tolist() == [x == y and is_whole, is_whole, False]
