"""Pictures of the frames beside another, by the names of files that are there."""

import pytest

from superanimal_core.media.neighbors import neighboring_pictures


def numbers_around(folder, image, places, there):
    """The window of a picture, where files with these names are in the folder."""
    for name in there:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return neighboring_pictures(image, places, 2)


def frame(number, start="img", digits=8, end=".png"):
    return f"{start}{number:0{digits}d}{end}"


@pytest.mark.parametrize(
    ("there", "window"),
    [
        ([10, 11, 12, 13, 14], [10, 11, 12, 13, 14]),
        ([12], [12, 12, 12, 12, 12]),
        ([11, 12, 14], [11, 11, 12, 12, 14]),
        ([10, 12, 13], [10, 12, 12, 13, 13]),
    ],
)
def test_a_frame_without_picture_is_the_next_towards_the_middle(tmp_path, there, window):
    names = [f"day1/{frame(number)}" for number in there]
    found = numbers_around(tmp_path, f"lab/day1/{frame(12)}", {"lab/": str(tmp_path)}, names)
    assert found == tuple(f"lab/day1/{frame(number)}" for number in window)


def test_nothing_comes_before_the_first_frame(tmp_path):
    places = {"lab/": str(tmp_path)}
    found = numbers_around(tmp_path, f"lab/{frame(1)}", places, map(frame, range(4)))
    assert found == tuple(f"lab/{frame(number)}" for number in (0, 0, 1, 2, 3))


def test_frames_that_a_study_took_from_its_videos_are_neighbors_by_name(tmp_path):
    name = {"start": "000-top-", "digits": 6, "end": ".jpg"}
    there = [frame(number, **name) for number in (999_999, 1_000_000, 1_000_001)]
    places = {"lab#": str(tmp_path)}
    found = numbers_around(tmp_path, f"lab#{there[1]}", places, there)
    assert found == tuple(f"lab#{there[place]}" for place in (0, 0, 1, 2, 2))
    other_video = frame(1_000_001, **{**name, "start": "001-top-"})
    assert neighboring_pictures(f"lab#{other_video}", places, 2) == (f"lab#{other_video}",) * 5


@pytest.mark.parametrize("name", ["img12.png", "000000000012.jpg", "top-000012.jpg", "a.png"])
def test_numbers_that_count_no_frames_have_no_neighbors(tmp_path, name):
    """As in Lightning Pose's own example, whose img00.png to img89.png are pictures by lot."""
    others = [name.replace("12", number) for number in ("10", "11", "13", "14")]
    found = numbers_around(tmp_path, f"lab/{name}", {"lab/": str(tmp_path)}, [name, *others])
    assert found == (f"lab/{name}",) * 5
