"""A student is judged in float32, and who sees the video then sees it in int8."""

from functools import partial

import pytest

from superanimal_core.models import quantized_students as module
from superanimal_core.models.quantized_students import quantized_student

MEMBERS = ["results/models/fast/member-0"]
TEACHERS = ["results/models/mouse/member-0", "results/models/mouse/member-1"]
CALIBRATION = "results/models/quantized/calibration.parquet"
QUANTIZED = [path.replace("/member", "/quantized/member") for path in MEMBERS + TEACHERS]


@pytest.mark.parametrize("is_trusted", [True, False])
def test_who_is_trusted_sees_in_int8(monkeypatch, is_trusted):
    asked, seen = [], []

    def decides(video, members, teachers, settings, *, inference, calibrations, **looks):
        asked.append((settings, inference["engine"], calibrations, looks))
        return dict.fromkeys(members if is_trusted else teachers), {
            "student": {"is_trusted": is_trusted}
        }

    def computes(bundles, *rest):
        seen.append((list(bundles), *rest))
        return {}, {"remarks": ["r"]}

    monkeypatch.setattr(module, "student_or_ensemble", decides)
    monkeypatch.setattr(module, "as_measured", computes)
    see = partial(quantized_student, detector=None, detection={})
    _, told = see(
        "v.mp4",
        MEMBERS,
        TEACHERS,
        {"frames": 4, "engine": "openvino"},
        inference={"device": "cpu", "engine": "torch"},
        calibrations=[CALIBRATION, *QUANTIZED],
    )
    looks = {"detector": None, "detection": {}}
    assert asked == [({"frames": 4}, "openvino", [CALIBRATION], looks)]
    who = MEMBERS if is_trusted else TEACHERS
    assert seen == [(who, who, [CALIBRATION, *QUANTIZED], "openvino", "cpu")]
    assert told == {"student": {"is_trusted": is_trusted}, "remarks": ["r"]}
