"""The members of an ensemble adapted to one video, one after the other.

Each network is kept in a folder of its own as soon as it has learned, with a key of all that it
depends on, so that a killed job goes on. Then all are judged, by what all say. When they have seen
the video again the folders go: five networks of thousands of videos would fill a disk.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.detect import GivenBoxes
from superanimal_core.inference.lessons import TEACHERS, Knowledge
from superanimal_core.inference.verdicts import Verdict
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.jobs.log import Progress
from superanimal_core.media.images import write_image
from superanimal_core.models.adaptable import refuse_context
from superanimal_core.models.adaptation import Adaptation, Pictures
from superanimal_core.models.bundles import read_bundle, read_members
from superanimal_core.models.new_bundles import read_history, write_bundle
from superanimal_core.models.video_looks import looks_of_member
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.crops import Image
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import AugmentSettings
from superanimal_core.tables.adapted_files import VERDICT
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.tables.contents import content_digest
from superanimal_core.tables.pose_files import read_poses
from superanimal_core.tables.stand_ins import of_who_saw
from superanimal_core.tables.video_tables import read_boxes, read_frame_size, read_times
from superanimal_core.training.history import History

ADAPTED_MODELS = "adapted-models"


def adapt_video(snakemake: Any, record: Mapping[str, Any], known: Knowledge) -> None:
    """The job of rule adapt_to_video, for a video that is not passed by."""
    inputs, params = snakemake.input, snakemake.params
    members = of_who_saw(inputs.predicted, [*inputs.members, *inputs.teachers])
    adaptation = Adaptation(
        video=inputs.video,
        size_px=read_frame_size(inputs.frames),
        boxes_xyxy_px=read_boxes(inputs.boxes),
        held_out_fraction=params.held_out_fraction,
        select=params.select,
        judge=params.judge,
        training=params.training,
        augment=AugmentSettings.of_params(params.augment),
        inference=params.inference,
        max_minutes=params.max_minutes,
    )
    VideoAdaptation(
        adaptation,
        params.teacher,
        params.min_score,
        known,
        inputs.predicted,
        read_times(inputs.frames),
        chunk_frames=snakemake.config["inference"]["chunk_frames"],
        threads=snakemake.threads,
        record=record,
        shared={Path(folder).name: str(folder) for folder in inputs.networks},
    ).write(members, snakemake.output.adapted)


@dataclass(frozen=True)
class VideoAdaptation:
    """A video's adaptation, the folder of what was `predicted` of it before, and the job.

    `teacher` is one of TEACHERS; it asks for scores of at least `min_score`, and may know what is
    `known`. `shared` are the folders, by member, of networks that have learned of this and other
    videos together: then no network is taught here, and each of those is judged on this video.
    """

    adaptation: Adaptation
    teacher: str
    min_score: float
    known: Knowledge
    predicted: str
    time_s: Float[ndarray, "frame"]
    chunk_frames: int
    threads: int
    record: Mapping[str, Any]
    shared: Mapping[str, str] = field(default_factory=dict)

    def write(self, members: Sequence[str], folder: str | Path) -> None:
        """Writes what each member sees of the video after its adaptation into `folder`.

        The tables tell the verdicts. Where a member is rolled back its poses are those from before.
        Beside them are pictures of the frames that moved most.
        """
        models = Path(folder).parent / ADAPTED_MODELS
        names = [Path(member).name for member in members]
        learned = {name: self.shared.get(name, str(models / name)) for name in names}
        verdicts, moved = self.adapt(members, models)
        kept = [name for name, verdict in verdicts.items() if verdict.is_kept]
        boxes = self.adaptation.boxes_xyxy_px
        VideoPrediction(
            read_members([learned[name] for name in kept]),
            self.adaptation.video,
            self.time_s,
            GivenBoxes(boxes, np.ones(boxes.shape[:2])),
            None,
            self.chunk_frames,
            {**self.adaptation.inference, "device": use_device(self.threads, seed=0)},
        ).write(
            folder,
            {name: {**self.record, VERDICT: asdict(of)} for name, of in verdicts.items()},
            unchanged={
                name: f"{self.predicted}/{name}.parquet" for name in verdicts if name not in kept
            },
        )
        for name, picture in moved.items():
            write_image(picture, Path(folder) / f"{name}.jpg")
        for name in verdicts:
            shutil.rmtree(models / name, ignore_errors=True)
        if models.is_dir() and not any(models.iterdir()):
            models.rmdir()

    def adapt(
        self, members: Sequence[str], folder: str | Path
    ) -> tuple[dict[str, Verdict], dict[str, Image]]:
        """Verdicts by member (a model folder), and pictures of the frames that moved most, if any.

        Each network that learns here is kept in `folder`. When all have learned they are judged,
        each by what all say.
        """
        places = {Path(member).name: Path(folder) / Path(member).name for member in members}
        for stray in set(Path(folder).glob("member-*/")) - {*places.values()}:
            shutil.rmtree(stray)
        poses = [read_poses(f"{self.predicted}/{name}.parquet") for name in places]
        keys = self._keys(members, poses)
        to_learn = {
            name: place
            for name, place in places.items()
            if name not in self.shared and not _has_learned(place, keys[name])
        }
        labels = self._labels(members, poses) if to_learn else {}
        pictures = self.adaptation.pictures(
            [labels[name] for name in to_learn], read_bundle(members[0])
        )
        for member in members:
            name = Path(member).name
            if name in to_learn:
                self._learn(member, labels[name], pictures, places[name], keys[name])
        return self._judged(members, poses, pictures, {**places, **self.shared})

    def _labels(self, members: Sequence[str], poses: Sequence[Poses]) -> dict[str, Labels]:
        """What each member is taught of this video."""
        lessons = TEACHERS[self.teacher](poses, self.min_score, self.known)
        of = self.adaptation
        seen = of.video, of.boxes_xyxy_px, of.inference
        looks = looks_of_member(members[0], *seen, self.threads)
        return {
            Path(member).name: of.pseudo_labels(lesson, own, looks)
            for member, lesson, own in zip(members, lessons, poses, strict=True)
        }

    def _keys(self, members: Sequence[str], poses: Sequence[Poses]) -> dict[str, str]:
        """Digests of all that each adapted network depends on, and the verdict on it."""
        told = {key: self.record[key] for key in ("source_digest", "settings")}
        told |= {"inputs": self.record["inputs"], "video": content_digest(self.adaptation.video)}
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
        shown = [self.adaptation.boxes_xyxy_px]
        shown += [values for of in poses for values in (of.xy_px, of.score, of.time_s)]
        for values in shown:
            digest.update(np.ascontiguousarray(values).tobytes())
        return {
            Path(member).name: f"{digest.hexdigest()[:16]}-{content_digest(member)}"
            for member in members
        }

    def _learn(
        self, member: str, labels: Labels, pictures: Pictures, folder: Path, key: str
    ) -> None:
        """One member is taught and written."""
        seed = int(folder.name.rpartition("-")[2])
        device, bundle = use_device(self.threads, seed), read_bundle(member)
        refuse_context(bundle)
        tell = Progress(self.adaptation.training["steps"], f"steps of {folder.name}")
        how = {"seed": seed, "device": device, "tell": tell}
        history = self.adaptation.teach(bundle, labels, pictures, **how)
        write_bundle(bundle, folder, {**self.record, "key": key}, history)

    def _judged(
        self,
        members: Sequence[str],
        poses: Sequence[Poses],
        pictures: Pictures,
        learned: Mapping[str, str | Path],
    ) -> tuple[dict[str, Verdict], dict[str, Image]]:
        """The verdicts on networks that have learned, whose folders are given by member."""
        device = use_device(self.threads, seed=0)
        names, changes = [Path(member).name for member in members], []
        for name, member, own in zip(names, members, poses, strict=True):
            taught = partial(_taught_before, learned[name])
            bundle = read_bundle(member)
            change, _ = self.adaptation.change(bundle, own, taught, pictures, device=device)
            changes.append(change)
        found = self.adaptation.verdicts(changes, self.known.calibration)
        for name, verdict in zip(names, found, strict=True):
            print(f"{name}: {'kept' if verdict.is_kept else 'rolled back'}: {verdict.reason}")
        moved = {
            name: self.adaptation.moved(change, pictures)
            for name, change in zip(names, changes, strict=True)
        }
        shown = {name: picture for name, picture in moved.items() if picture is not None}
        return dict(zip(names, found, strict=True)), shown


def _taught_before(folder: str | Path, _: ModelBundle) -> tuple[ModelBundle, History]:
    """A network that has learned, from this video or from several together."""
    return read_bundle(folder), read_history(folder)


def _has_learned(folder: Path, key: str) -> bool:
    """Whether a network has learned there before, under the same circumstances, and is whole."""
    try:
        if read_description(folder)["made_by"].get("key") != key:
            return False
        read_bundle(folder)
        read_history(folder)
    except SuperAnimalError:
        return False
    print(f"{folder.name}: has learned before, and is taken over")
    return True
