"""A student and its ensemble look at a few frames of a video, and one of them goes on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from calibrated_labels import errors_of_two_labs
from test_watched_video import EKS, SPACE, bundle_of, write_dots

from superanimal_core.models import student_trust
from superanimal_core.models.student_trust import Probe, student_or_ensemble
from superanimal_core.smoothing.calibration import fit_calibration
from superanimal_core.smoothing.calibration_check import check_calibration
from superanimal_core.tables.calibration_files import write_calibration

SETTINGS = {"frames": 4, "max_disagreement": 0.2, "min_score": 0.1}
SETTINGS |= {"method": "eks", "smoothing": EKS}
INFERENCE = {"batch": 4, "precision": "float32", "device": torch.device("cpu")}


@pytest.fixture(scope="module")
def calibrations(tmp_path_factory):
    """Of a student and its teacher: errors of about a twentieth of the animal's size."""
    every = errors_of_two_labs(SPACE.keypoints)
    errors = replace(every, error=every.error * 0.02, deviation=every.deviation * 0.02)
    errors = errors.select(~errors.animals.is_disturbed)
    folder = tmp_path_factory.mktemp("models")
    paths = [folder / model / "calibration.parquet" for model in ("fast", "slow")]
    for path in paths:
        path.parent.mkdir()
        write_calibration(fit_calibration(errors), check_calibration(errors), path, {})
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_dots(tmp_path_factory.mktemp("raw") / "v.mp4")


def judged(video, calibrations, student, teachers, **changes):
    how = {"detector": None, "detection": {}, "inference": INFERENCE, "calibrations": calibrations}
    ensemble = {f"member-{i}": bundle_of(aside) for i, aside in enumerate(teachers)}
    probe = Probe(**(SETTINGS | changes), **how)
    return probe.judge(video, {"member-0": bundle_of(student)}, ensemble, ["fast", "slow"])


def test_a_student_that_sees_what_its_ensemble_sees_is_trusted(video, calibrations):
    trust = judged(video, calibrations, 0, (0, 0, 0))
    assert trust.is_trusted, trust.reason
    assert (trust.disagreement, trust.compared) == (0.0, 4 * len(SPACE))


def test_a_student_that_sees_it_elsewhere_is_not(video, calibrations):
    trust = judged(video, calibrations, 30, (0, 0, 0))
    assert not trust.is_trusted
    assert trust.disagreement == 1.0
    assert judged(video, calibrations, 30, (0, 0, 0), max_disagreement=1.0).is_trusted


def test_one_member_that_is_wrong_does_not_decide(video, calibrations):
    assert judged(video, calibrations, 0, (0, 0, 30)).is_trusted


def test_without_its_own_calibration_no_student_is_trusted(video, calibrations):
    assert not judged(video, calibrations[1:], 0, (0, 0, 0)).is_trusted


def test_a_video_that_cannot_be_read_speaks_for_nobody(tmp_path, calibrations):
    (tmp_path / "torn.mp4").write_bytes(b"no video")
    trust = judged(str(tmp_path / "torn.mp4"), calibrations, 0, (0,))
    assert not trust.is_trusted
    assert "torn.mp4" in trust.reason


@pytest.mark.parametrize(("aside", "who"), [(0, "member-7"), (30, "member-1")])
def test_the_networks_of_who_is_trusted_see_the_video_and_the_record_says_so(
    monkeypatch, video, calibrations, aside, who
):
    networks = {"models/fast/member-7": bundle_of(aside)}
    networks |= {f"models/slow/member-{i}": bundle_of(0) for i in (1, 2)}

    def read_members(folders):
        return {folder.rpartition("/")[2]: networks[folder] for folder in folders}

    monkeypatch.setattr(student_trust, "read_members", read_members)
    fast, *slow = networks
    how = {"detector": None, "detection": {}, "inference": INFERENCE, "calibrations": calibrations}
    bundles, told = student_or_ensemble(video, [fast], slow, SETTINGS, **how)
    assert who in bundles
    assert len(bundles) == (1 if aside == 0 else 2)
    assert told["student"]["is_trusted"] == (aside == 0)
    assert (told["student"]["model"], told["student"]["teacher"]) == ("fast", "slow")
    assert np.isfinite(told["student"]["disagreement"])
