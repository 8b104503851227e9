"""One network adapted to several videos together, which others then see with it."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from superanimal_core.inference.adaptation_training import training_on
from superanimal_core.jobs.member_training import fit_resumably
from superanimal_core.jobs.work_folder import remove_work_folders
from superanimal_core.media.images import cached_reader
from superanimal_core.models.adaptable import refuse_context
from superanimal_core.models.bundles import read_bundle
from superanimal_core.models.chosen_lessons import places_of_lessons, told_without
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.models.offered_lessons import read_offers
from superanimal_core.network.devices import use_device
from superanimal_core.tables.adapted_files import UNTAUGHT
from superanimal_core.training.history import History
from superanimal_core.training.label_training import fit_labels
from superanimal_core.training.time_limit import time_limit


def adapt_together(
    member: str,
    offered: Sequence[str],
    output: str | Path,
    record: Mapping[str, Any],
    *,
    training: Mapping[str, Any],
    augment: Mapping[str, Any],
    max_minutes: float | None,
    checkpoint_minutes: float,
    threads: int,
) -> None:
    """Teach a member (a model folder) what videos offer, and write it; the seed is its own.

    Goes on where a killed training stopped. Where no video can gain it is written as it is, and
    says why.
    """
    name = Path(member).name
    seed = int(name.rpartition("-")[2])
    device, bundle = use_device(threads, seed), read_bundle(member)
    refuse_context(bundle)
    labels, taught, without = read_offers(offered, name)
    told = {**record, "taught": taught, "without": without}
    history = History()
    if labels is None:
        gain = "none of them needs it" if taught else told_without(without)
        told[UNTAUGHT] = f"nothing was learned of {len(offered)} videos: {gain}"
    else:
        history = fit_resumably(
            output,
            bundle,
            labels,
            cached_reader(places_of_lessons(offered)),
            record=record,
            checkpoint_minutes=checkpoint_minutes,
            training=training_on(labels, **training).model_dump(),
            augment=augment,
            seed=seed,
            device=device,
            fit=partial(fit_labels, is_time_over=time_limit(max_minutes)),
        )
    write_bundle(bundle, output, told, history)
    remove_work_folders(Path(output))
