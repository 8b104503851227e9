"""A student in int8 sees a video, or the ensemble that taught it, in int8, too."""

from collections.abc import Mapping, Sequence
from typing import Any

from superanimal_core.models.quantized_seers import Seers, as_measured
from superanimal_core.models.student_trust import student_or_ensemble


def quantized_student(
    video: str,
    members: Sequence[str],
    teachers: Sequence[str],
    settings: Mapping[str, Any],
    *,
    inference: Mapping[str, Any],
    calibrations: Sequence[str],
    **looks: Any,
) -> Seers:
    """The student, or the ensemble that taught it, as `student_or_ensemble` decides in float32."""
    probe = {name: value for name, value in settings.items() if name != "engine"}
    engine, device = settings["engine"], inference["device"]
    bundles, told = student_or_ensemble(
        video,
        members,
        teachers,
        probe,
        inference={**inference, "engine": engine},
        calibrations=[path for path in calibrations if path.endswith(".parquet")],
        **looks,
    )
    seen_by = members if told["student"]["is_trusted"] else teachers
    computed, remarks = as_measured(bundles, seen_by, calibrations, engine, device)
    return computed, {**told, **remarks}
