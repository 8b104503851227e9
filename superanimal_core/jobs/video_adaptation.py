"""The members of an ensemble adapted to one video, one after the other.

Each adapted network is kept in a folder of its own as soon as it is judged, with a key of all that
it depends on. A killed job, and a run with one more seed, take over those that are there.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.adapt import (
    Verdict,
    adaptation_training,
    frame_name,
    held_out_block,
    judge_adaptation,
    labeled_frames,
    poses_in_block,
    select_pseudo_labels,
)
from superanimal_core.inference.detect import GivenBoxes
from superanimal_core.inference.predict import join_seen, predict_batches
from superanimal_core.inference.regions import (
    Region,
    boxed_regions,
    cut_regions,
    labels_in_regions,
    region_around,
    visible_reach,
)
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.jobs.log import Progress
from superanimal_core.media.frame_store import FrameStore
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_bundle, read_members
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.network.bundle import ModelBundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses
from superanimal_core.settings import AugmentSettings
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.tables.contents import content_digest
from superanimal_core.tables.pose_files import read_poses
from superanimal_core.training.label_training import fit_labels

ADAPTED_MODELS, VERDICT = "adapted-models", "verdict"


@dataclass(frozen=True)
class VideoAdaptation:
    """A video, what was predicted of it, and how networks learn from that and are judged.

    `select`, `judge`, `training` and `inference` are the named arguments of `select_pseudo_labels`,
    `judge_adaptation`, `adaptation_training` and `predict_batches`.
    """

    video: str
    time_s: Float[ndarray, "frame"]
    size_px: tuple[int, int]
    boxes_xyxy_px: Float[ndarray, "frame individual 4"]
    predicted: str
    held_out_fraction: float
    select: Mapping[str, Any]
    judge: Mapping[str, Any]
    training: Mapping[str, Any]
    augment: AugmentSettings
    inference: Mapping[str, Any]
    chunk_frames: int
    threads: int
    record: Mapping[str, Any]

    def write(self, members: Sequence[str], folder: str | Path) -> None:
        """Writes what each member sees of the video after its adaptation into `folder`.

        The tables tell the verdicts. Where a member is rolled back its poses are those from before.
        """
        models = Path(folder).parent / ADAPTED_MODELS
        verdicts = self.adapt(members, models)
        kept = [name for name, verdict in verdicts.items() if verdict.is_kept]
        VideoPrediction(
            read_members([models / name for name in kept]),
            self.video,
            self.time_s,
            GivenBoxes(self.boxes_xyxy_px, np.ones(self.boxes_xyxy_px.shape[:2])),
            None,
            self.chunk_frames,
            {**self.inference, "device": use_device(self.threads, seed=0)},
        ).write(
            folder,
            {name: {**self.record, VERDICT: asdict(of)} for name, of in verdicts.items()},
            unchanged={
                name: f"{self.predicted}/{name}.parquet" for name in verdicts if name not in kept
            },
        )

    def adapt(self, members: Sequence[str], folder: str | Path) -> dict[str, Verdict]:
        """Adapts each member (a model folder) and keeps it in `folder`; the verdicts by member."""
        names = {Path(member).name: member for member in members}
        places = {name: Path(folder) / name for name in names}
        for stray in set(Path(folder).glob("member-*")) - {*places.values()}:
            shutil.rmtree(stray)
        known = {name: self._known(place, names[name]) for name, place in places.items()}
        labels = {n: self._pseudo_labels(self._poses(n)) for n in names if known[n] is None}
        if not labels:
            return {name: verdict for name, verdict in known.items() if verdict}
        pictures = self._pictures(labels.values(), read_bundle(members[0]))
        return {
            name: verdict or self._adapt(names[name], labels[name], pictures, places[name])
            for name, verdict in known.items()
        }

    def _known(self, folder: Path, member: str) -> Verdict | None:
        """The verdict on a network that was adapted before, under the same circumstances."""
        try:
            made_by = read_description(folder)["made_by"]
        except SuperAnimalError:
            return None
        if made_by.get("key") != self._key(member):
            return None
        print(f"{folder.name}: adapted before, and taken over")
        return Verdict(**made_by[VERDICT])

    def _key(self, member: str) -> str:
        """Digest of all that an adapted network depends on; what other members saw does not."""
        poses = self._poses(Path(member).name)
        told = {key: self.record[key] for key in ("source_digest", "settings")}
        told |= {"model": content_digest(member), "video": content_digest(self.video)}
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
        for values in (poses.xy_px, poses.score, poses.time_s, self.boxes_xyxy_px):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:16]

    def _poses(self, name: str) -> Poses:
        return read_poses(f"{self.predicted}/{name}.parquet")

    @cached_property
    def _block(self) -> slice:
        return held_out_block(len(self.boxes_xyxy_px), self.held_out_fraction)

    def _pseudo_labels(self, poses: Poses) -> Labels:
        chosen = {**self.select, "video": self.video, "held": self._block}
        return select_pseudo_labels(poses, self.boxes_xyxy_px, self.size_px, **chosen)

    def _pictures(self, labels: Iterable[Labels], bundle: ModelBundle) -> "Pictures":
        """What networks may see of the frames to learn from and to be judged on; one decoding."""
        wanted = {frame for each in labels for frame in labeled_frames(each)}
        wanted |= set(range(self._block.start, self._block.stop))
        reach = visible_reach(self.augment, self.inference["scales"])
        regions = {
            frame: region_around(self.boxes_xyxy_px[frame], bundle.crop, reach, self.size_px)
            for frame in wanted
        }
        cut = cut_regions(read_frames(self.video), regions)
        named = ((frame_name(self.video, frame), image) for frame, image in cut)
        return Pictures(regions, FrameStore(named))

    def _adapt(self, member: str, labels: Labels, pictures: "Pictures", folder: Path) -> Verdict:
        """One member: taught, judged on frames that it did not learn from, and written."""
        seed = int(folder.name.rpartition("-")[2])
        device, bundle = use_device(self.threads, seed), read_bundle(member)
        training = adaptation_training(**self.training)
        regions = [pictures.regions[frame] for frame in labeled_frames(labels)]
        history = fit_labels(
            bundle,
            labels_in_regions(labels, regions),
            pictures.store,
            training,
            self.augment,
            seed=seed,
            device=device,
            tell=Progress(training.steps, f"steps of {folder.name}"),
        )
        before = poses_in_block(self._poses(folder.name), self._block)
        after = self._predict_block(bundle, before, pictures, device)
        verdict = judge_adaptation(before, after, **self.judge)
        print(f"{folder.name}: {'kept' if verdict.is_kept else 'rolled back'}: {verdict.reason}")
        kept = bundle if verdict.is_kept else read_bundle(member)
        record = {**self.record, "key": self._key(member), VERDICT: asdict(verdict)}
        write_bundle(kept, folder, record, history)
        return verdict

    def _predict_block(
        self, bundle: ModelBundle, before: Poses, pictures: "Pictures", device: torch.device
    ) -> Poses:
        """What an adapted network sees in the frames that it is judged on."""
        numbers = range(self._block.start, self._block.stop)
        regions = [pictures.regions[number] for number in numbers]
        images = (pictures.store(frame_name(self.video, number)) for number in numbers)
        frames = boxed_regions(images, self.boxes_xyxy_px[self._block], regions)
        seen = join_seen([*predict_batches([bundle], frames, device=device, **self.inference)])
        corners = np.array(regions)[:, None, None, :2]
        return replace(before, xy_px=seen.xy_px[0] + corners, score=seen.score[0])


@dataclass(frozen=True)
class Pictures:
    """Regions of frames by number, and their pixels by the frame's name."""

    regions: Mapping[int, Region]
    store: FrameStore
