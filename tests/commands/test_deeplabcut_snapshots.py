"""Which snapshot of a trained DeepLabCut project `--model` means."""

import json

import pytest

from superanimal_core.__main__ import main
from superanimal_core.commands.deeplabcut_snapshots import snapshots_of
from superanimal_core.errors import ConfigError

OLD = "iteration-2/p-trainset95shuffle9/train"
NEW = "iteration-10/p-trainset95shuffle10/train"


def made(project, *names):
    for name in names:
        (project / "dlc-models-pytorch" / name).parent.mkdir(parents=True, exist_ok=True)
        (project / "dlc-models-pytorch" / name).touch()
    return project


@pytest.mark.parametrize(
    ("names", "pose", "detector"),
    [
        (["snapshot-050.pt", "snapshot-200.pt"], "snapshot-200.pt", None),
        (["snapshot-1000.pt", "snapshot-200.pt"], "snapshot-1000.pt", None),
        (["snapshot-best-090.pt", "snapshot-200.pt"], "snapshot-best-090.pt", None),
        (
            ["snapshot-200.pt", "snapshot-detector-050.pt", "snapshot-detector-best-040.pt"],
            "snapshot-200.pt",
            "snapshot-detector-best-040.pt",
        ),
    ],
)
def test_the_best_else_the_last_snapshot_is_meant(tmp_path, names, pose, detector):
    made(tmp_path, *(f"{NEW}/{name}" for name in names))
    found = snapshots_of(tmp_path)
    assert [file and file.name for file in found] == [pose, detector]


def test_the_last_iteration_and_shuffle_count_where_they_are_trained(tmp_path):
    shuffle_2 = NEW.replace("shuffle10", "shuffle2")
    made(tmp_path, f"{OLD}/snapshot-900.pt", f"{shuffle_2}/snapshot-best-5.pt")
    assert snapshots_of(tmp_path)[0].parts[-3] == "p-trainset95shuffle2"
    made(tmp_path, f"{NEW}/snapshot-1.pt")
    assert snapshots_of(tmp_path)[0].parts[-3] == "p-trainset95shuffle10"
    made(tmp_path, "iteration-11/p-trainset95shuffle1/train/pytorch_config.yaml")  # not trained yet
    assert snapshots_of(tmp_path)[0].parts[-3] == "p-trainset95shuffle10"


@pytest.mark.parametrize(
    ("said", "used"), [("2", OLD), ("10", NEW), ("11", NEW), ("last", NEW), ("", NEW)]
)
def test_the_iteration_that_the_project_is_at_counts(tmp_path, said, used):
    """As in DeepLabCut, which somebody has sent back to an earlier one."""
    made(tmp_path, f"{OLD}/snapshot-9.pt", f"{NEW}/snapshot-1.pt")
    (tmp_path / "config.yaml").write_text(f"iteration: {said}\n")
    assert str(snapshots_of(tmp_path)[0].parent).endswith(used)


def test_networks_of_tensorflow_and_none_at_all_are_told(tmp_path):
    (tmp_path / "dlc-models/iteration-0").mkdir(parents=True)
    with pytest.raises(ConfigError, match="trained with TensorFlow, which is not read"):
        snapshots_of(tmp_path)
    made(tmp_path, f"{NEW}/pytorch_config.yaml")
    with pytest.raises(ConfigError, match=r"no snapshot-\*\.pt in dlc-models-pytorch; is it tr"):
        snapshots_of(tmp_path)


def test_a_trained_project_goes_on_from_its_own_network(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    project = made(tmp_path / "p", f"{NEW}/snapshot-best-7.pt", f"{NEW}/snapshot-detector-9.pt")
    for name in ("labeled-data/m/CollectedData_me.csv", "videos/m.mp4"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    config = "Task: t\nbodyparts: [nose, ear_l]\nvideo_sets: { /gone/m.mp4: {} }\n"
    (project / "config.yaml").write_text(config)
    assert main(["init", "s", "--from", "p", "--model", "p", "--species", "own"]) == 0
    assert (
        f"of this project the network {NEW}/snapshot-best-7.pt is used" in capsys.readouterr().out
    )
    text = (tmp_path / "s/config/config.yaml").read_text()
    assert "fine_tune: { parent: given, mode: memory_replay }" in text
    assert f"pose_weights: {project}/dlc-models-pytorch/{NEW}/snapshot-best-7.pt" in text
    assert f"detector_weights: {project}/dlc-models-pytorch/{NEW}/snapshot-detector-9.pt" in text


@pytest.mark.parametrize(("parts", "is_told"), [(26, True), (27, False), (None, False)])
def test_a_network_of_other_body_parts_is_no_network_of_a_shipped_space(
    tmp_path, monkeypatch, capsys, parts, is_told
):
    """As DeepLabCut 3.0.1 writes them beside its snapshots; the space has 27 keypoints."""
    monkeypatch.chdir(tmp_path)
    project = made(tmp_path / "p", f"{NEW}/snapshot-7.pt")
    if parts is not None:
        said = {"metadata": {"bodyparts": [f"part{i}" for i in range(parts)]}}
        (project / "dlc-models-pytorch" / NEW / "pytorch_config.yaml").write_text(json.dumps(said))
    (tmp_path / "m.mp4").touch()
    typed = ["init", "s", "--videos", "m.mp4", "--model", "p", "--species", "mouse"]
    assert main(typed) == is_told
    told = capsys.readouterr().err
    assert ("knows 26 keypoints (part0, part1, part2, part3, …), and" in told) == is_told
    assert (tmp_path / "s").exists() == (not is_told)
