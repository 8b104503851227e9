import numpy as np
import pytest

from superanimal_core.datasets.deeplabcut_tracks import parse_deeplabcut_tracks
from superanimal_core.errors import DatasetError
from superanimal_core.formats.dataset_folder import DiskFolder
from superanimal_core.pose.labels import LabelState

HEAD = "scorer,S,S,S\nbodyparts,a,a,a\ncoords,x,y,likelihood\n"


def parse(memory_folder, rows, videos=("v.mp4",), head=HEAD):
    folder = memory_folder({"vDLC_net.csv": head + rows}, dict.fromkeys(videos, (64, 48)))
    return parse_deeplabcut_tracks("set", folder)


def test_rows_are_frames_of_the_video_and_likelihood_is_the_score(memory_folder):
    labels = parse(memory_folder, "0,1,2,0.5\n2,3,4,1\n3,,,\n")
    assert labels.image.tolist() == ["v.mp4#frame=0", "v.mp4#frame=2"]
    assert labels.score.tolist() == [[0.5], [1.0]]
    assert labels.xy_px[0, 0].tolist() == [1.5, 2.5]


def test_a_negative_likelihood_is_an_absent_animal(memory_folder):
    labels = parse(memory_folder, "0,-1,-1,-1\n1,1,2,0.9\n")
    assert labels.image.tolist() == ["v.mp4#frame=1"]


def test_the_video_is_found_by_its_name(memory_folder):
    labels = parse(memory_folder, "0,1,2,1\n", videos=("other.mp4", "v.mp4"))
    assert labels.group.tolist() == ["v.mp4"]
    with pytest.raises(DatasetError, match="its video 'v' is not there"):
        parse(memory_folder, "0,1,2,1\n", videos=("x.mp4", "y.mp4"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("img.png,1,2,1\n", "'img.png' is no frame number; .* format 'deeplabcut'"),
        ("1,1,2,1\n1,1,2,1\n", "a frame stands in two rows"),
        ("1,,,\n", "not one animal in any frame"),
    ],
)
def test_a_wrong_table_is_named(memory_folder, rows, message):
    with pytest.raises(DatasetError, match=message):
        parse(memory_folder, rows)


def test_real_mice_are_there_as_often_as_documented(shared_data):
    labels = parse_deeplabcut_tracks("mice", DiskFolder(shared_data / "mabe_mice"))
    _, mice = np.unique(labels.image, return_counts=True)
    assert (mice == 3).sum() == 1287
    assert labels.space.keypoints[6] == "center back"
    assert (labels.state == LabelState.VISIBLE).all()
