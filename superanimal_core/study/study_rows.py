"""The rows of a study's sheets."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class VideoRow:
    """One video of the sheet. `columns` are the user's own (subject, group, …).

    `predictions` are files of another program, one for each network; none of most videos. `arena`
    and `zones` are corners of polygons (px).
    """

    video: str
    path: str
    model: str
    max_individuals: int
    fps: float | None
    cm_per_px: float | None
    belt_speed_px_per_s: float | None
    columns: Mapping[str, str]
    predictions: tuple[str, ...] = ()
    leg_length_cm: float | None = None
    arena: tuple[tuple[float, float], ...] = ()
    zones: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetRow:
    """One labeled data set of the sheet; `conversion` is the path of its conversion table."""

    dataset: str
    path: str
    format: str
    space: str
    role: str
    conversion: str
    license: str


@dataclass(frozen=True)
class ReleasedRow:
    """One released checkpoint: of a pose network or detector, of a space, and where it lies.

    `revision` is a commit or branch of the repository on Hugging Face, `sha256` the file's digest
    or 'unverified'.
    """

    name: str
    kind: str
    space: str
    repository: str
    file: str
    revision: str
    sha256: str
