"""Whether the labels that are held out can tell how sure positions are: told before a run."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import PurePath

import numpy as np
from jaxtyping import Bool
from numpy import ndarray

from superanimal_core.datasets.frame_names import split_frame_name
from superanimal_core.datasets.split import SPLITS
from superanimal_core.errors import VideoError
from superanimal_core.media.quick_look import look_at_video
from superanimal_core.pose.labels import Labels
from superanimal_core.report.cells import counted
from superanimal_core.settings import DatasetSettings
from superanimal_core.smoothing.calibration import MIN_GROUPS, MIN_LABELS
from superanimal_core.study.labeled_predictions import UNSEEN, labeled_predictions
from superanimal_core.study.study import Study
from superanimal_core.study.video_sheet import is_stored
from superanimal_core.tables.given_files import frame_of_image

LARGER = (0.3, 0.4, 0.5)  # parts to hold out that are proposed
Ends = Mapping[str, Mapping[str, int]]  # frames of each labeled video, by the model of its poses
SO = "positions will have no circles, and measures no intervals"


def videos_with_labels(study: Study) -> dict[str, dict[str, str]]:
    """By model with brought predictions, its `labeled_predictions`; walks the sets of labels."""
    models = study.settings.models.items()
    brought = [name for name, model in models if model.predictions is not None]
    return {name: labeled_predictions(study, name) for name in brought}


def ends_of_videos(
    study: Study, dataset: str, labels: Labels, folders: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, int]]:
    """How many frames each video has that a data set tells of brought predictions (`Ends`).

    `folders` are the `videos_with_labels`. Sets that a network may have learned from tell nothing.
    """
    row, models = study.datasets[dataset], study.settings.models
    if row.role != UNSEEN:
        return {}
    images, ends = set(map(str, labels.image)), {}
    for model in filter(lambda each: models[each].space == row.space, folders):
        own = folders[model]
        named = {place[0] for image in images if (place := frame_of_video(image, own))}
        ends[model] = {name: frames_of_video(study, own[name]) for name in sorted(named)}
    return ends


def circle_doubts(study: Study, dataset: str, labels: Labels, ends: Ends) -> Iterator[str]:
    """Why models of a data set's space will have no circles, if nothing else is labeled.

    Networks are told from `labels`, those of the study's keypoints; brought predictions from those
    of their own videos, whose `ends_of_videos` are given.
    """
    row, settings = study.datasets[dataset], study.settings
    models = {name: model for name, model in settings.models.items() if model.space == row.space}
    brought = [name for name, model in models.items() if model.predictions is not None]
    if len(brought) < len(models) or not models:
        students = [name for name, model in models.items() if model.student_of is not None]
        if why := why_no_circles(labels, settings.labels):
            yield why + "".join(f"; then the student '{name}' saves nothing" for name in students)
    seen = {video.model for video in study.videos.values()}
    for name in filter(seen.__contains__, brought):
        if row.role != UNSEEN:
            yield (
                f"no labels tell how far off '{name}' is: {SO}; give them the role '{UNSEEN}' if "
                "its program has not learned from them"
            )
            continue
        own = labels_of_videos(labels, ends[name])
        within = own.select(np.flatnonzero(~is_beyond(own, ends[name])))
        if why := why_no_circles(within, settings.labels):
            pictures, of_own = (len(np.unique(each.image.astype(str))) for each in (labels, own))
            others = (
                f" ({pictures - of_own} of {pictures} labeled pictures are no frames of the videos "
                f"of '{name}': a video's name stands in the picture's path, and the frame's number "
                "at the end of its name)"
            )
            yield why + (others if of_own < pictures else "")


def beyond_doubts(labels: Labels, ends: Ends) -> Iterator[str]:
    """Which labels of a data set lie beyond the end of a video with brought predictions."""
    for name, frames in ends.items():
        images = labels.image[is_beyond(labels, frames)]
        if not (beyond := sorted(set(map(str, images)))):
            continue
        video, frame = frame_of_video(beyond[0], frames) or ("", 0)
        yield (
            f"{counted(len(beyond), 'labeled picture')} beyond the end of a video of '{name}': "
            f"{beyond[0]} is frame {frame} (the first is 0) of '{video}', which has "
            f"{frames[video]}; they tell nothing of it: mend the numbers, or the video"
        )


def is_beyond(labels: Labels, frames: Mapping[str, int]) -> Bool[ndarray, "animal"]:
    """True for labels beyond the end of their video, one of those whose `frames` are given."""
    places = [frame_of_video(str(image), frames) for image in labels.image]
    beyond = [bool(p) and 0 < frames[p[0]] <= p[1] for p in places]
    return np.array(beyond, dtype=bool)


def labels_of_videos(labels: Labels, names: Collection[str]) -> Labels:
    """The labels of frames of videos that are called one of `names`, as predictions are matched."""
    is_own = [frame_of_video(str(image), names) is not None for image in labels.image]
    return labels.select(np.flatnonzero(is_own))


def frame_of_video(image: str, names: Collection[str]) -> tuple[str, int] | None:
    """Of which of the videos called `names` a labeled picture is, and its frame; None of none."""
    video, frame = split_frame_name(image)
    found = ([PurePath(video).stem], frame) if frame is not None else frame_of_image(image)
    named = [name for name in reversed(found[0]) if name in names] if found else []
    return (named[0], found[1]) if found and named else None


def frames_of_video(study: Study, folder: str) -> int:
    """How many frames the video of a folder of predictions has; 0 where it does not say."""
    path = study.videos[PurePath(folder).parent.name].path
    with suppress(VideoError, OSError, ValueError):  # told of the video itself
        return 0 if is_stored(path) else look_at_video(path).frames
    return 0


def why_no_circles(labels: Labels, settings: DatasetSettings) -> str:
    """What is wrong if nothing else is labeled, and what to do; '' where labels suffice.

    `labels` are those of the study's keypoints. A split of their own ('train', 'test') is kept.
    """
    groups, known = _held_out(labels, settings, settings.test_fraction)
    if _are_enough(groups, known):
        return ""
    larger = [part for part in LARGER if part > settings.test_fraction]
    enough = [part for part in larger if _are_enough(*_held_out(labels, settings, part))]
    if (labels.split == "test").all():
        what = f"label at least {MIN_LABELS} keypoints of {MIN_GROUPS} or more videos"
    elif (labels.split != "").all():
        what = f"{MIN_LABELS} labels of {MIN_GROUPS} videos or animals must be marked as 'test'"
    elif not settings.test_fraction:
        what = "write labels: { test_fraction: 0.2 }"
    elif enough:
        what = f"label more videos or animals, or write labels: {{ test_fraction: {enough[0]} }}"
    else:
        what = f"label more, of {_groups_for(settings.test_fraction)} videos or animals at least"
    if groups == 0:
        return f"no labels of keypoints are held out: {SO}; {what}"
    if groups < MIN_GROUPS:
        return f"all labels that are held out are of one video or animal: {SO}; {what}"
    return f"{known} labels of keypoints are held out, fewer than {MIN_LABELS}: {SO}; {what}"


def _are_enough(groups: int, known: int) -> bool:
    return groups >= MIN_GROUPS and known >= MIN_LABELS


def _groups_for(part: float) -> int:
    """How many groups that are as large as each other have enough held out, if a part is to be."""
    return max(MIN_GROUPS + 1, int((MIN_GROUPS - 0.5) / part) + 1)


def _held_out(labels: Labels, settings: DatasetSettings, part: float) -> tuple[int, int]:
    """How many groups are held out, and how many labels of keypoints, if a part is to be."""
    split = SPLITS[settings.split](labels, part, settings.split_seed)
    held = split.select(split.split == "test")
    known = np.isfinite(held.xy_px.sum(axis=2))
    return len(np.unique(held.group[known.any(axis=1)].astype(str))), int(known.sum())
