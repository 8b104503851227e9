"""What a student learns: labels of people, and what its teacher's ensemble says of videos."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from superanimal_core.jobs.member_training import MemberTraining, new_member, taught_by
from superanimal_core.media.images import cached_reader
from superanimal_core.media.neighbors import neighbors_in
from superanimal_core.models.bundles import read_members
from superanimal_core.models.chosen_lessons import places_of_lessons
from superanimal_core.models.replayed_labels import with_memory_of_ensemble
from superanimal_core.network.devices import use_device
from superanimal_core.tables.lesson_files import read_lessons
from superanimal_core.training.teaching import fit_labels_and_lessons


def distill(
    call: MemberTraining,
    network: Mapping[str, Any],
    weights: str | None,
    teachers: Sequence[str],
    lessons: str,
    watched: Sequence[str],
    taught_share: float,
    inference: Mapping[str, Any],
    replay: Mapping[str, Any],
) -> None:
    """Train a new network on labels and lessons.

    Keypoints that a data set does not define are completed by the ensemble, as in memory replay.
    `watched` are the folders in which the pictures of the `lessons` (a table) lie.
    """
    device = use_device(call.threads, call.seed)
    read_image, members = cached_reader(call.pictures), read_members(teachers)
    look = {"read_image": read_image, **inference, "device": device}
    look["neighbors"] = neighbors_in(call.pictures)
    labels = with_memory_of_ensemble(call.labels(), [*members.values()], look, replay)
    taught, _ = read_lessons(lessons)
    known = {*call.taught(labels), *taught_by(taught, call.training, call.augment)}
    of_space = [name for name in labels.space.keypoints if name in known]
    terms = [term for bundle in members.values() for term in bundle.terms]
    bundle = new_member(labels, network, weights, of_space, terms)
    how = partial(
        fit_labels_and_lessons,
        lessons=taught,
        read_lesson=cached_reader(places_of_lessons(watched)),
        taught_share=taught_share,
    )
    call.fit(bundle, labels, read_image, device, how)
