"""What is wrong with the settings of a study in the light of its sheets and keypoint spaces."""

from collections.abc import Mapping
from pathlib import Path

from superanimal_core.pose.keypoints import KeypointSpace, did_you_mean, shared_stems
from superanimal_core.settings import ModelSettings, Settings
from superanimal_core.settings.report import named_or_all
from superanimal_core.study.backbones import backbone_mistakes
from superanimal_core.study.behavior_mistakes import feature_mistakes, zone_mistakes
from superanimal_core.study.context_mistakes import context_mistakes
from superanimal_core.study.engine_mistakes import engine_mistakes, unlabeled_mistakes
from superanimal_core.study.labeling_mistakes import labeling_mistakes
from superanimal_core.study.sheet_schema import DATASETS
from superanimal_core.study.study_rows import DatasetRow, ReleasedRow, VideoRow

NEW_HEAD = "new_head"  # the mode of fine-tuning that keeps the encoder alone
WHOLE_FRAME = "whole_frame"  # in place of a detector: every frame is the box of one animal


def settings_mistakes(
    settings: Settings,
    known: Mapping[str, KeypointSpace],
    datasets: Mapping[str, DatasetRow],
    videos: Mapping[str, VideoRow],
) -> list[str]:
    """Names in the settings that no space or sheet knows, and models without data."""
    mistakes = [
        f"config/config.yaml: report.labeled_videos: no video '{name}' in {settings.videos}"
        + did_you_mean(Path(name).stem, list(videos))
        for name in named_or_all(settings.report.labeled_videos, videos)
        if videos and name not in videos  # no sheet that can be read: that is told, and enough
    ]
    mistakes += keypoint_mistakes(settings, known) + feature_mistakes(settings, known)
    mistakes += zone_mistakes(settings, videos)
    mistakes += labeling_mistakes(settings, known)
    if settings.smoothing.method == "pupil":
        mistakes += pupil_mistakes(settings, known)
    single = settings.transfer.single_dataset
    if single is not None and (single not in datasets or datasets[single].role != "pretrain"):
        trained = [name for name, row in datasets.items() if row.role == "pretrain"]
        mistakes.append(
            f"config/config.yaml: transfer.single_dataset: no data set '{single}' with role "
            f"'pretrain'{did_you_mean(single, trained)}"
        )
    evaluated = {row.space for row in datasets.values() if row.role == "evaluate"}
    mistakes += [
        f"config/config.yaml: transfer.spaces: no data set of '{space}' has the role 'evaluate'"
        + did_you_mean(space, sorted(evaluated))
        for space in settings.transfer.spaces
        if space not in evaluated
    ]
    for row in videos.values():
        model = settings.models.get(row.model)
        if model and model.detector_weights == WHOLE_FRAME and row.max_individuals > 1:
            mistakes.append(
                f"{settings.videos}: video '{row.video}' may show {row.max_individuals} animals, "
                f"but model '{row.model}' has the detector '{WHOLE_FRAME}', which finds one"
            )
    masks = settings.augment.patch_mask
    if masks and masks.begin > masks.end:
        mistakes.append(
            f"config/config.yaml: augment.patch_mask: begin is {masks.begin:g} and end "
            f"{masks.end:g}; both are parts of a training, and the end comes last"
        )
    mistakes += model_mistakes(settings, known, datasets) + backbone_mistakes(settings)
    mistakes += engine_mistakes(settings.inference)
    models_of_videos = [row.model for row in videos.values()]
    mistakes += unlabeled_mistakes(settings, datasets, models_of_videos)
    mistakes += context_mistakes(settings, models_of_videos)
    return mistakes + mirror_mistakes(settings, known, videos)


def keypoint_mistakes(settings: Settings, known: Mapping[str, KeypointSpace]) -> list[str]:
    """Keypoints that the settings name and their space lacks; endings of mirrors that none has."""
    anatomy = settings.features.anatomy
    named = {
        "gait.limbs": settings.gait.limbs,
        "gait.body": settings.gait.body,
        "features.anatomy": {s: [*filter(None, anatomy[s].model_dump().values())] for s in anatomy},
    }
    mistakes = [
        f"config/config.yaml: {key}.{space}: unknown keypoint '{keypoint}'"
        + did_you_mean(keypoint, known[space].keypoints)
        for key, per_space in named.items()
        for space in known.keys() & per_space.keys()
        for keypoint in per_space[space]
        if keypoint not in known[space].keypoints
    ]
    mistakes += [
        f"config/config.yaml: {key}.{space}: '{twice}' stands twice; keep one"
        for key, per_space in _each_once(settings).items()
        for space, names in per_space.items()
        for twice in sorted({name for name in names if names.count(name) > 1})
    ]
    for space, mirrors in settings.smoothing.views.mirrors.items():
        if space in known and not shared_stems(known[space].keypoints, mirrors):
            endings = " and ".join(f"<keypoint>_{mirror}" for mirror in mirrors)
            where = f"config/config.yaml: smoothing.views.mirrors.{space}"
            mistakes.append(f"{where}: no keypoint is there as {endings}")
    return mistakes


def _each_once(settings: Settings) -> dict[str, Mapping[str, list[str]]]:
    """Lists of names, by space, in which each name has one place."""
    own = settings.unlabeled.pose_pca
    return {
        "gait.limbs": settings.gait.limbs,
        "gait.body": settings.gait.body,
        "smoothing.views.mirrors": settings.smoothing.views.mirrors,
        "unlabeled.pose_pca.keypoints": own.keypoints if own else {},
    }


def model_mistakes(
    settings: Settings, known: Mapping[str, KeypointSpace], datasets: Mapping[str, DatasetRow]
) -> list[str]:
    """Models with wrong seeds, without data to learn from or their initial weights."""
    mistakes = []
    for name, model in settings.models.items():
        if min(model.seeds) < 0 or len(set(model.seeds)) < len(model.seeds):
            mistakes.append(
                f"config/config.yaml: models.{name}.seeds: read {model.seeds}; each member has its "
                "own, a whole number from 0 on"
            )
        needed, rows = role_needed(model), datasets.values()
        is_role = DATASETS["role"].is_right
        is_sound = model.space in known and all(d.space in known and is_role(d.role) for d in rows)
        if (
            (needed and rows and is_sound)  # what is wrong with the sheet is told, and enough
            and not any(d.space == model.space and d.role == needed for d in rows)
        ):
            mistakes.append(
                f"{settings.datasets}: no data set with role '{needed}' in '{model.space}', "
                f"which model '{name}' needs"
            )
        if model.initial_weights and not Path(model.initial_weights).is_file():
            mistakes.append(
                f"config/config.yaml: models.{name}.initial_weights: {model.initial_weights} "
                "does not exist"
            )
    return mistakes


def pupil_mistakes(settings: Settings, known: Mapping[str, KeypointSpace]) -> list[str]:
    """Models that do not know the points of a pupil, whose poses would be smoothed as one."""
    return [
        f"config/config.yaml: smoothing.method is 'pupil', but keypoint space '{model.space}' of "
        f"model '{name}' has no {point} (smoothing.pupil.points)"
        for name, model in settings.models.items()
        if model.space in known
        for point in settings.smoothing.pupil.points
        if point not in known[model.space].keypoints
    ]


def mirror_mistakes(
    settings: Settings, known: Mapping[str, KeypointSpace], videos: Mapping[str, VideoRow]
) -> list[str]:
    """Models trained on mirror images although their space does not say what a mirror exchanges."""
    if not settings.augment.flip:
        return []
    adapted = {row.model for row in videos.values()} if settings.adaptation.enabled else set()
    learners = [
        (model.space, f"model '{name}'")
        for name, model in settings.models.items()
        if (model.pose_weights is None or name in adapted or settings.transfer.in_report)
        and model.predictions is None
    ]
    learners += [(space, "networks of the transfer table") for space in settings.transfer.spaces]
    return [
        f"config/config.yaml: augment.flip is {settings.augment.flip:g}, but keypoint space "
        f"'{space}' has no mirror_pairs, so that mirror images would teach {who} left for right; "
        "write the pairs into the space's file, or augment.flip: 0"
        for space, who in learners
        if space in known and not known[space].mirror_pairs
    ]


def role_needed(model: ModelSettings) -> str | None:
    """The role of the data sets that a model is trained on; None when both networks are given.

    None for a student, too: its data sets are its teacher's.
    """
    if model.fine_tune is not None:
        return "fine_tune"
    if model.predictions is not None or model.student_of is not None:
        return None  # study.students says what a student learns from
    is_given = model.pose_weights is not None and model.detector_weights is not None
    return None if is_given else "pretrain"


def parent_mistakes(settings: Settings, known: Mapping[str, KeypointSpace]) -> list[str]:
    """Fine-tuned models whose parent cannot be one, or that name weights of their own.

    Unless nothing but the encoder is kept, their spaces must share a keypoint.
    """
    mistakes = []
    for name, model in settings.models.items():
        if model.fine_tune is None:
            continue
        where = f"config/config.yaml: models.{name}"
        place, parent = f"{where}.fine_tune.parent", settings.models.get(model.fine_tune.parent)
        if parent is None:
            hint = did_you_mean(model.fine_tune.parent, list(settings.models))
            mistakes.append(f"{place}: no model '{model.fine_tune.parent}'{hint}")
        elif parent.predictions is not None:
            mistakes.append(f"{place}: '{model.fine_tune.parent}' has predictions and no network")
        elif parent.fine_tune is not None:
            mistakes.append(
                f"{place}: '{model.fine_tune.parent}' is itself fine-tuned; name the model that "
                "it comes from"
            )
        elif model.fine_tune.mode != NEW_HEAD and not _shared(known, parent.space, model.space):
            mistakes.append(
                f"{place}: '{model.fine_tune.parent}' speaks '{parent.space}', which shares no "
                f"keypoint with '{model.space}', so that mode: {model.fine_tune.mode} has nothing "
                f"to keep; write mode: {NEW_HEAD} (its encoder is kept), or a space that "
                f"'extends: {parent.space}'"
            )
        if (model.pose_weights, model.detector_weights) != (None, None):
            mistakes.append(
                f"{where}: both networks come from the parent; write null for pose_weights and "
                "detector_weights"
            )
    return mistakes


def _shared(known: Mapping[str, KeypointSpace], first: str, second: str) -> bool:
    """Whether two spaces have a keypoint in common; also where one of them cannot be read."""
    if first not in known or second not in known:
        return True
    return not set(known[first].keypoints).isdisjoint(known[second].keypoints)


def weights_mistakes(settings: Settings, released: Mapping[str, ReleasedRow]) -> list[str]:
    """Weights that are neither a released checkpoint of the model's space nor a file or folder."""
    mistakes = []
    for name, model in settings.models.items():
        where = f"config/config.yaml: models.{name}"
        if model.pose_weights is not None and len(model.seeds) > 1:
            mistakes.append(
                f"{where}.seeds: {len(model.seeds)} members, but pose_weights are one network; "
                "write [0]"
            )
        for kind in ("pose", "detector"):
            weights = getattr(model, f"{kind}_weights")
            place, row = f"{where}.{kind}_weights", released.get(weights)
            if weights is None or (kind == "detector" and weights == WHOLE_FRAME):
                continue
            if row is None and Path(weights).exists():
                continue
            if row is None:
                known = [r.name for r in released.values() if r.kind == kind]
                mistakes.append(
                    f"{place}: '{weights}' is no file and no released checkpoint"
                    + did_you_mean(weights, known)
                )
            elif row.kind != kind:
                mistakes.append(f"{place}: '{weights}' is a {row.kind} network")
            elif kind == "pose" and row.space != model.space:
                mistakes.append(f"{place}: '{weights}' speaks '{row.space}', not '{model.space}'")
    return mistakes
