"""The members of an ensemble adapted to one video, one after the other.

Each adapted network is kept in a folder of its own as soon as it is judged, with a key of all that
it depends on. A killed job, and a run with one more seed, take over those that are there.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from superanimal_core.errors import SuperAnimalError
from superanimal_core.inference.adapt import Verdict
from superanimal_core.inference.detect import GivenBoxes
from superanimal_core.jobs.chunked_poses import VideoPrediction
from superanimal_core.jobs.log import Progress
from superanimal_core.models.adaptation import Adaptation, Pictures
from superanimal_core.models.bundles import WEIGHTS, read_bundle, read_members
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.network.devices import use_device
from superanimal_core.pose.labels import Labels
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.bundles_description import read_description
from superanimal_core.tables.contents import content_digest
from superanimal_core.tables.pose_files import read_poses

ADAPTED_MODELS, VERDICT = "adapted-models", "verdict"


@dataclass(frozen=True)
class VideoAdaptation:
    """A video's adaptation, the folder of what was `predicted` of it before, and the job."""

    adaptation: Adaptation
    predicted: str
    time_s: Float[ndarray, "frame"]
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
        boxes = self.adaptation.boxes_xyxy_px
        VideoPrediction(
            read_members([models / name for name in kept]),
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

    def adapt(self, members: Sequence[str], folder: str | Path) -> dict[str, Verdict]:
        """Adapts each member (a model folder) and keeps it in `folder`; the verdicts by member."""
        names = {Path(member).name: member for member in members}
        places = {name: Path(folder) / name for name in names}
        for stray in set(Path(folder).glob("member-*/")) - {*places.values()}:
            shutil.rmtree(stray)
        keys: dict[str, str] = {}
        known: dict[str, Verdict | None] = {}
        labels: dict[str, Labels] = {}
        for name, member in names.items():  # the poses of one member at a time are in memory
            poses = self._poses(name)
            keys[name] = self._key(member, poses)
            known[name] = _known(places[name], keys[name])
            if known[name] is None:
                labels[name] = self.adaptation.pseudo_labels(poses)
        if not labels:
            return {name: verdict for name, verdict in known.items() if verdict}
        pictures = self.adaptation.pictures(labels.values(), read_bundle(members[0]))
        return {
            name: verdict
            or self._adapt(names[name], labels[name], pictures, places[name], keys[name])
            for name, verdict in known.items()
        }

    def _key(self, member: str, poses: Poses) -> str:
        """Digest of all that an adapted network depends on: not what other members saw."""
        told = {key: self.record[key] for key in ("source_digest", "settings")}
        told |= {"model": content_digest(member), "video": content_digest(self.adaptation.video)}
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
        for values in (poses.xy_px, poses.score, poses.time_s, self.adaptation.boxes_xyxy_px):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:16]

    def _poses(self, name: str) -> Poses:
        return read_poses(f"{self.predicted}/{name}.parquet")

    def _adapt(
        self, member: str, labels: Labels, pictures: Pictures, folder: Path, key: str
    ) -> Verdict:
        """One member: taught, judged on frames that it did not learn from, and written."""
        seed = int(folder.name.rpartition("-")[2])
        device, bundle = use_device(self.threads, seed), read_bundle(member)
        verdict, history = self.adaptation.adapt(
            bundle,
            self._poses(folder.name),
            labels,
            pictures,
            seed=seed,
            device=device,
            tell=Progress(self.adaptation.training_settings.steps, f"steps of {folder.name}"),
        )
        print(f"{folder.name}: {'kept' if verdict.is_kept else 'rolled back'}: {verdict.reason}")
        kept = bundle if verdict.is_kept else read_bundle(member)
        record = {**self.record, "key": key, VERDICT: asdict(verdict)}
        write_bundle(kept, folder, record, history)
        return verdict


def _known(folder: Path, key: str) -> Verdict | None:
    """The verdict on a network that was adapted before, under the same circumstances."""
    try:
        made_by = read_description(folder)["made_by"]
    except SuperAnimalError:
        return None
    if made_by.get("key") != key or not (folder / WEIGHTS).is_file():
        return None
    print(f"{folder.name}: adapted before, and taken over")
    return Verdict(**made_by[VERDICT])
