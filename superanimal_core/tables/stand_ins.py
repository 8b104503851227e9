"""Who saw a video: its model, or the ensemble that stands in for a student that was not trusted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from superanimal_core.tables.parquet import raise_failure_in, read_record

STUDENT = "student"


def student_record(predicted: str | Path) -> dict[str, Any]:
    """What was decided about a video's student, under `student`; nothing for other models.

    `predicted` is the folder with what each network saw. VideoError when it stands for a failure.
    """
    raise_failure_in(predicted)
    tables = sorted(Path(predicted).glob("*.parquet"))
    found = read_record(tables[0]).get(STUDENT) if tables else None
    return {} if found is None else {STUDENT: found}


def student_flags(verdict: Mapping[str, Any] | None) -> list[str]:
    """A sentence where a video's student was not trusted; none where it was, or there is none."""
    if verdict is None or verdict["is_trusted"]:
        return []
    return [f"seen by the ensemble {verdict['teacher']}, not its student: {verdict['reason']}"]


def of_who_saw(predicted: str | Path, paths: Sequence[str]) -> list[str]:
    """Those of some files of models that belong to the model that saw a video.

    They lie in the models' folders, as in results/models/{model}/calibration.parquet.
    """
    verdict = student_record(predicted).get(STUDENT)
    if verdict is None:
        return list(paths)
    model = verdict["model" if verdict["is_trusted"] else "teacher"]
    return [path for path in paths if Path(path).parent.name == model]
