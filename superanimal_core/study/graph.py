"""Which file of a study needs which: the graph that the rules tell Snakemake, in plain Python.

A result is named by its path in the study. A file of the user's is an `Original`, which counts by
what it holds and not by where it lies. Standard library and small text files only: every job of a
cluster builds a graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Protocol, runtime_checkable

from superanimal_core.formats.listing import root_of
from superanimal_core.formats.project_conversion import conversion_digest
from superanimal_core.settings import CONTEXT, ModelSettings, Settings
from superanimal_core.settings.report import named_or_all
from superanimal_core.study.dataset_sheet import ROLES
from superanimal_core.study.labeled_predictions import labeled_predictions
from superanimal_core.study.places import Places, places_of
from superanimal_core.study.products import (
    ACCOUNT,
    export_folders,
    lost_products,
    of_cohort,
    some_of,
)
from superanimal_core.study.students import origin_of
from superanimal_core.study.study import Study
from superanimal_core.study.study_rows import DatasetRow
from superanimal_core.study.study_settings import WHOLE_FRAME
from superanimal_core.study.video_sheet import is_stored
from superanimal_core.tables.names import OF_VIDEO


@runtime_checkable
class Contents(Protocol):
    """What files and data sets hold, as digests (see study.identities)."""

    def of_file(self, path: str) -> str:
        """Digest of a file or folder."""
        ...

    def of_dataset(self, row: DatasetRow) -> str:
        """Digest of all that the reader of a data set reads."""
        ...


@dataclass(frozen=True)
class Original:
    """A file or folder that is no result of the study, and the identity of what it holds."""

    path: str
    identity: str


@dataclass(frozen=True)
class Graph:
    """The files of a study and what each is made of, by video, model and data set."""

    study: Study
    contents: Contents

    @property
    def _settings(self) -> Settings:
        return self.study.settings

    def original(self, path: str) -> Original:
        """A file or folder of the user's, known by its content."""
        return Original(path, self.contents.of_file(path))

    # ── data sets ────────────────────────────────────────────────────────────────────────────────

    def dataset_files(self, dataset: str) -> Original:
        """A data set as it lies there, known by what its reader reads."""
        row = self.study.datasets[dataset]
        return Original(row.path, self.contents.of_dataset(row))

    def conversion(self, dataset: str) -> Original:
        """The conversion table of a data set, known by what it says."""
        row = self.study.datasets[dataset]
        return Original(row.conversion, conversion_digest(row.conversion, row.space))

    def space_of_dataset(self, dataset: str) -> list[Original]:
        """The keypoint space that a data set is converted to: its file, and what it extends."""
        return self._space(self.study.datasets[dataset].space)

    def _space(self, space: str) -> list[Original]:
        return [self.original(self.study.spaces[name]) for name in self.study.with_extended(space)]

    def unified_like(self, dataset: str) -> list[str]:
        """Unified labels of all data sets in the space of this one."""
        return self._unified(self.study.datasets[dataset].space, *ROLES)

    def picture_places(self) -> Places:
        """Where the pictures of labels lie, as media.picture_names.picture_path asks."""
        rows = self.study.datasets.items()
        originals = {f"{name}/": root_of(row.path) for name, row in rows}
        return places_of(originals | {f"{n}#": f"results/datasets/{n}/frames" for n, _ in rows})

    def per_dataset(self, name: str) -> list[str]:
        """A file of every data set."""
        return [f"results/datasets/{dataset}/{name}" for dataset in self.study.datasets]

    def _unified(self, space: str, *roles: str) -> list[str]:
        names = self.study.datasets_of(space, *roles)
        return [f"results/datasets/{name}/unified.parquet" for name in names]

    # ── models ───────────────────────────────────────────────────────────────────────────────────

    def model(self, model: str) -> ModelSettings:
        """The settings of a model."""
        return self._settings.models[model]

    def is_brought(self, model: str) -> bool:
        """Whether a model has no networks, but another program's predictions."""
        return self.model(model).predictions is not None

    def unified(self, model: str, *roles: str) -> list[str]:
        """Unified labels of the data sets of a model's space that have one of the roles."""
        return self._unified(self.model(model).space, *roles)

    def unlabeled_videos(self, model: str) -> list[Original]:
        """The videos that a model learns from without labels; none of most models."""
        return [self.original(path) for path in self.study.unlabeled_of(model)]

    def space_of_model(self, model: str) -> list[Original]:
        """The keypoint space that a model speaks: its file, and what it extends."""
        return self._space(self.model(model).space)

    def members(self, model: str) -> list[str]:
        """The model folders of an ensemble; none where predictions come from files."""
        if self.is_brought(model):
            return []
        return [f"results/models/{model}/member-{seed}" for seed in self.model(model).seeds]

    def all_members(self) -> list[str]:
        """Those of all models."""
        return [member for model in self._settings.models for member in self.members(model)]

    def member_like(self, model: str, seed: int) -> str:
        """The member of a model that has a seed; its first one where none has."""
        seeds = self.model(model).seeds
        return f"results/models/{model}/member-{seed if seed in seeds else seeds[0]}"

    def parent_member(self, model: str, seed: int) -> str:
        """The network that a fine-tuned member starts from."""
        tuned = self.model(model).fine_tune
        return self.member_like(tuned.parent if tuned else model, seed)

    def weights(self, model: str, key: str) -> str | Original | list[str]:
        """The file or folder that a model takes its weights from (a key of it), if from any."""
        weights: str | None = getattr(self.model(model), key)
        if not weights:
            return []
        if weights in self.study.released:
            return self.study.weights_file(weights)
        return self.original(weights)

    def start_of_detector(self, model: str) -> str | Original | list[str]:
        """What a detector's backbone starts from, the first member where it can."""
        own = self.model(model)
        if own.detector_backbone not in (None, own.backbone):
            return []
        if own.pose_weights is None and own.architecture.removesuffix(CONTEXT) == "pyramid":
            return self.members(model)[0]
        return self.weights(model, "initial_weights")

    def detector(self, model: str) -> str | list[str]:
        """The detector of a model (its parent's, its teacher's); none is also one."""
        owner = origin_of(self._settings, model)
        if self.model(owner).detector_weights == WHOLE_FRAME or self.is_brought(owner):
            return []
        return f"results/models/{owner}/detector"

    def models_whose(self, **is_given: bool) -> str:
        """Wildcard constraint: the models that have these keys, or have null in their place."""
        names = [
            name
            for name, model in self._settings.models.items()
            if all((getattr(model, key) is not None) == given for key, given in is_given.items())
        ]
        return "|".join(names) or "(?!)"

    @cached_property
    def evaluated_models(self) -> list[str]:
        """The models in whose space there are labels, or whose brought predictions have some."""
        return [name for name in self._settings.models if self._has_labels(name)]

    def _has_labels(self, model: str) -> bool:
        if self.is_brought(model):
            return bool(labeled_predictions(self.study, model))
        return bool(self.unified(model, *ROLES))

    def of_evaluated_models(self, name: str) -> list[str]:
        """A file of every model in whose space there are labels."""
        return [f"results/models/{model}/{name}" for model in self.evaluated_models]

    # ── videos ───────────────────────────────────────────────────────────────────────────────────

    def video(self, video: str) -> str | Original:
        """The file of a video; the URL of one that Snakemake fetches from a store."""
        path = self.study.videos[video].path
        return path if is_stored(path) else self.original(path)

    def local_videos(self) -> list[str]:
        """The paths of the videos that are files here, with or without a row in the sheet."""
        unlabeled = chain.from_iterable(self.study.unlabeled.values())
        paths = dict.fromkeys([*(row.path for row in self.study.videos.values()), *unlabeled])
        return [path for path in paths if not is_stored(path)]

    def model_of(self, video: str) -> str:
        """The model that a video is given."""
        return self.study.videos[video].model

    def space_of_video(self, video: str) -> str:
        """The name of the keypoint space that a video is seen in."""
        return self.model(self.model_of(video)).space

    def adapted(self, video: str) -> str | list[str]:
        """The folder of a video's predictions after adaptation, where networks learn from it."""
        learns = self._settings.adaptation.enabled and not self.is_brought(self.model_of(video))
        return f"results/videos/{video}/adapted" if learns else []

    def last_predictions(self, video: str) -> str:
        """The folder of a video's predictions that are smoothed."""
        adapted = self.adapted(video)
        return adapted if isinstance(adapted, str) else f"results/videos/{video}/predicted"

    def other_views(self, video: str) -> list[str]:
        """Predictions of the other cameras of a video's session; none for most videos."""
        _, *others = self.study.views_of(video).values()
        return [self.last_predictions(other) for other in others]

    def camera_file(self, video: str) -> Original | list[str]:
        """The calibration of the cameras of a video's session; none for most videos."""
        file = self.study.videos[video].columns.get("camera_file")
        return self.original(file) if file else []

    def truth(self, video: str) -> Original:
        """The truth of a video that has one."""
        return self.original(self.study.videos[video].columns["truth"])

    def results_of_video(self) -> dict[str, str]:
        """What is known about every video, by name, with the wildcard `video`."""
        names = ("frames", "boxes", *OF_VIDEO)
        return {name: f"results/videos/{{video}}/{name}.parquet" for name in names}

    def per_video(self, name: str) -> list[str]:
        """A file of every video."""
        return [f"results/videos/{video}/{name}" for video in self.study.videos]

    def truths(self) -> list[str]:
        """The comparisons with the truth, of the videos that have one."""
        return self.of_true_videos("truth.parquet")

    def of_true_videos(self, name: str) -> list[str]:
        """A file or folder of every video whose truth is known."""
        return [f"results/videos/{video}/{name}" for video in self.true_videos]

    def known_truths(self) -> list[Original]:
        """The truth of every video that has one."""
        return [self.truth(video) for video in self.true_videos]

    @property
    def true_videos(self) -> list[str]:
        """The videos whose truth is known."""
        return [v for v, row in self.study.videos.items() if row.columns.get("truth")]

    def stills(self) -> list[str]:
        """Pictures of the videos that the report shows: none that a store would send once more."""
        here = [name for name, video in self.study.videos.items() if not is_stored(video.path)]
        shown = some_of(here, self._settings.report.video_pictures)
        return [f"results/videos/{name}/stills.parquet" for name in shown]

    def labeled_videos(self) -> list[str]:
        """The labeled videos that the configuration asks for."""
        names = named_or_all(self._settings.report.labeled_videos, self.study.videos)
        return [f"results/videos/{video}/labeled.mp4" for video in names]

    # ── the study ────────────────────────────────────────────────────────────────────────────────

    def accounts(self) -> list[str]:
        """The account of every video."""
        return self.per_video(ACCOUNT)

    def final_products(self, folder: Path | None = None) -> Sequence[str]:
        """All that a run is for. Of the videos' tables only those that were deleted from the study
        in `folder`: the others are inputs of the tables of all videos, and thousands of names
        would stand in every log.
        """
        return [
            "results/report/verdict.txt",
            "results/report/index.html",
            *of_cohort().values(),
            *self.labeled_videos(),
            *export_folders(self._settings.exports, self.study.videos),
            *(lost_products(folder, self.study.videos) if folder else []),
        ]
