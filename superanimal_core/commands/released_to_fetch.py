"""Released checkpoints that a run would fetch, and what to do where no network answers."""

from pathlib import Path

from superanimal_core.models.downloads import HASHES, told_to_bring, unreachable
from superanimal_core.study.study import Study
from superanimal_core.study.study_rows import ReleasedRow


def weights_to_fetch(study: Study) -> list[ReleasedRow]:
    """Those that models name and that are not yet in the study, which is the working directory."""
    models = study.settings.models.values()
    named = dict.fromkeys(w for m in models for w in (m.pose_weights, m.detector_weights) if w)
    files = {name: Path(study.weights_file(name)) for name in named if name in study.released}
    return [study.released[name] for name, file in files.items() if not file.is_file()]


def why_not_fetched(study: Study, folder: Path = HASHES) -> str:
    """One sentence where some cannot be fetched from here, with what to bring; '' where all can.

    `folder` is where they are to be put, as the sentence names it.
    """
    told = {released: unreachable(released) for released in weights_to_fetch(study)}
    lost = [released for released, why in told.items() if why]
    return told_to_bring(lost, told[lost[0]], folder) if lost else ""
