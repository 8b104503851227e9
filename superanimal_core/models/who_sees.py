"""Which networks see a video: its model's, or where a student is not trusted, its teacher's."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from superanimal_core.models.bundles import read_members
from superanimal_core.models.quantized_seers import quantized_members
from superanimal_core.models.quantized_students import quantized_student
from superanimal_core.models.student_trust import student_or_ensemble
from superanimal_core.network.bundle import ModelBundle

Seers = tuple[dict[str, ModelBundle], dict[str, Any]]  # by name, and what their poses' record says


def own_members(video: str, members: Sequence[str], *_: object, **__: object) -> Seers:
    """Those of the model, of which nothing has to be said."""
    return read_members(members), {}


# who sees the videos of a model, or of a student; a study without students, or int8, knows nothing
# of them
SEERS: Mapping[str, Callable[..., Seers]] = {
    "model": own_members,
    "student": student_or_ensemble,
    "quantized_model": quantized_members,
    "quantized_student": quantized_student,
}
