import pickle
from pathlib import Path

import pytest

from superanimal_core.media.picture_names import picture_path
from superanimal_core.study.places import places_of, without_braces


def test_places_are_no_built_in_type_and_travel_to_scripts():
    places = places_of({"lab/": "/disk/lab", "lab#": "results/datasets/lab/frames"})
    assert not isinstance(places, dict | list | tuple | str)  # which Snakemake would compare
    assert dict(pickle.loads(pickle.dumps(places))) == dict(places)


@pytest.mark.parametrize(
    ("image", "path"),
    [
        ("lab/day 1/img.png", "/disk/lab/day 1/img.png"),
        ("lab#000-top-000012.jpg", "frames/000-top-000012.jpg"),
        ("lab/a#1.png", "/disk/lab/a#1.png"),
        ("other/img.png", "other/img.png"),
        ("/abs/img.png", "/abs/img.png"),
        ("img.png", "img.png"),
    ],
)
def test_a_picture_is_found_by_its_data_set(image, path):
    assert picture_path(image, {"lab/": "/disk/lab", "lab#": "frames"}) == path


def test_braces_are_reached_through_a_link_and_others_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("m{video}.mp4", "m{1}.mp4", "plain.mp4"):
        (tmp_path / name).write_text(name)
    assert without_braces("plain.mp4") == "plain.mp4"
    links = [without_braces(name) for name in ("m{video}.mp4", "m{1}.mp4")]
    assert [Path(link).read_text() for link in links] == ["m{video}.mp4", "m{1}.mp4"]
    assert not set("".join(links)) & set("{}")
    assert [without_braces(name) for name in ("m{video}.mp4", "m{1}.mp4")] == links
