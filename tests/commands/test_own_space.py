"""A space of a project's own body parts: sides are found as people who made spaces set them."""

import os
import shutil
from pathlib import Path

import pytest
import yaml

from superanimal_core.__main__ import main
from superanimal_core.commands.own_space import mirror_pairs_of, own_space, space_text
from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.study.overlay import CONFIG, read_config
from superanimal_core.study.shipped import WORKFLOW
from superanimal_core.study.study import read_study

SHARED = Path(os.environ.get("SUPERANIMAL_SHARED", "../shared")).resolve() / "data"
needs_sleap = pytest.mark.skipif(not (SHARED / "sleap_flies").is_dir(), reason="needs shared data")
SHIPPED = sorted((WORKFLOW / "config/keypoints").glob("superanimal_*.yaml"))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_the_pairs_of_the_shipped_spaces_are_found(file):
    space = read_keypoint_space(file)
    assert set(mirror_pairs_of(space.keypoints)) == set(space.mirror_pairs)


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        ("leftear rightear snout", ["leftear rightear"]),
        ("RightEar LeftEar", ["LeftEar RightEar"]),
        ("ear_r ear_l", ["ear_l ear_r"]),
        ("L_paw R_paw", ["L_paw R_paw"]),
        ("L1 L2 R1 R2", ["L1 R1", "L2 R2"]),
        ("pawL pawR", ["pawL pawR"]),
        ("pawL1 pawR1 pawL2", ["pawL1 pawR1"]),
        ("Lpaw Rpaw", ["Lpaw Rpaw"]),
        ("lPaw rPaw", ["lPaw rPaw"]),
        ("ear.left ear.right", ["ear.left ear.right"]),
        ("left_l_digit right_l_digit left_r_digit", ["left_l_digit right_l_digit"]),
        ("leg reg tail rail lip rip", []),
        ("left left_ear", []),
        ("paw1L_top paw1L_bot paw2R_top", []),
    ],
)
def test_sides_stand_in_names_as_people_write_them(names, pairs):
    assert [" ".join(pair) for pair in mirror_pairs_of(names.split())] == pairs


@pytest.mark.parametrize(
    "names", [("nose", "left: ear", "right: ear"), ("1", "2"), ("schwanz ä", "no"), ("#a", "~")]
)
def test_the_file_of_a_space_is_read_as_that_space(tmp_path, names):
    space = own_space("mine", names, [(names[0], names[1]), (names[0], "gone")])
    assert space.bones == ((names[0], names[1]),)
    (tmp_path / "mine.yaml").write_text(space_text(space))
    assert read_keypoint_space(tmp_path / "mine.yaml") == space


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A DeepLabCut project of a mouse on a runway, seen from its side."""
    monkeypatch.chdir(tmp_path)
    labels = tmp_path / "runway/labeled-data/m1"
    labels.mkdir(parents=True)
    (labels / "CollectedData_me.csv").touch()

    def write(parts, skeleton=(), video="a.mp4"):
        document = {"Task": "runway", "bodyparts": parts, "skeleton": [list(s) for s in skeleton]}
        (tmp_path / "runway/config.yaml").write_text(yaml.safe_dump(document))
        (tmp_path / "raw").mkdir()
        (tmp_path / "raw" / video).touch()

    return write


def study_made(monkeypatch, *arguments):
    assert main(["init", "s", "--videos", "raw", "--from", "runway", *arguments]) == 0
    monkeypatch.chdir("s")
    return read_study(read_config(CONFIG), WORKFLOW)


PARTS = ["snout", "hip", "paw_l", "paw_r"]


def test_a_project_keeps_its_body_parts(project, monkeypatch, capsys):
    project(PARTS, [("snout", "hip"), ("hip", "paw_l"), ("hip", "gone")])
    study = study_made(monkeypatch, "--species", "own")
    (model,) = study.settings.models.values()
    space = read_keypoint_space(f"config/keypoints/{model.space}.yaml")
    assert (model.space, space.keypoints) == ("runway", tuple(PARTS))
    assert space.mirror_pairs == (("paw_l", "paw_r"),)
    assert space.bones == (("snout", "hip"), ("hip", "paw_l"))
    assert (study.settings.augment.flip, model.fine_tune) == (0.5, None)
    (row,) = study.datasets.values()
    assert (row.role, row.space) == ("pretrain", "runway")
    told = capsys.readouterr().out
    review = "review s/config/keypoints/runway.yaml: 4 keypoints, 1 pair of left and right by their"
    assert f"{review} names, 2 lines of the skeleton" in told


def test_without_sides_there_are_no_mirror_images(project, monkeypatch):
    project(["head", "tail"])
    study = study_made(monkeypatch, "--species", "own")
    assert study.settings.augment.flip == 0.0


def test_from_a_given_network_only_the_encoder_goes_into_an_own_space(project, monkeypatch):
    project(PARTS)
    arguments = ("--species", "own", "--model", "superanimal_quadruped_hrnet_w32")
    study = study_made(monkeypatch, *arguments)
    models = study.settings.models
    assert models["given"].space == "superanimal_quadruped"
    assert models["runway"].fine_tune.mode == "new_head"
    assert {row.role for row in study.datasets.values()} == {"fine_tune"}


@needs_sleap
def test_predictions_keep_their_body_parts_and_a_slp_its_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = SHARED / "sleap_flies/tracking/two_flies.slp"
    typed = ["init", "fly pair", "--videos", str(given.with_suffix(".mp4"))]
    assert main([*typed, "--predictions", str(given), "--species", "mouse"]) == 0
    assert "dropped, since no name is like theirs: thorax" in capsys.readouterr().out
    shutil.rmtree("fly pair")
    assert main([*typed, "--predictions", str(given), "--species", "own"]) == 0
    told = capsys.readouterr().out
    assert "13 keypoints, 5 pairs of left and right by their names, 12 lines of the" in told
    assert "max_individuals" not in told  # the file says how many there are
    monkeypatch.chdir("fly pair")
    study = read_study(read_config(CONFIG), WORKFLOW)
    (model,) = study.settings.models.values()
    space = read_keypoint_space(f"config/keypoints/{model.predictions.space}.yaml")
    assert ("wingL", "wingR") in space.mirror_pairs
    assert ("thorax", "head") in space.bones
    assert main(["check", "."]) == 0


def test_own_needs_labels(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("raw").mkdir()
    Path("raw/a.mp4").touch()
    assert main(["init", "s", "--videos", "raw", "--species", "own"]) == 1
    assert "--species own: keeps the body parts of labels or predictions; say with" in (
        capsys.readouterr().err
    )
