"""Which keypoints labels teach a network."""

from superanimal_core.pose.labels import Labels
from superanimal_core.settings import AugmentSettings, TrainingSettings
from superanimal_core.training.label_training import training_part

MIN_POSITIONS = 3  # one or two are what a slip of an annotator or of a conversion table leaves


def taught_keypoints(
    labels: Labels, training: TrainingSettings, augment: AugmentSettings
) -> tuple[str, ...]:
    """Names of the keypoints with at least `MIN_POSITIONS` positions to learn from, in order.

    Of fewer animals than that, those with a position in each: a user who labels one picture means
    it. Where crops are mirrored (`augment.flip`) a position teaches its mirror partner, too. What
    `training` holds out to stop early teaches nothing.
    The number is small because it only has to tell slips from intent (docs/decisions/055): whether
    few labels were enough to learn from is for the scores and the held-out errors to say.
    """
    learned, _ = training_part(labels, training)
    positions = learned.is_located.sum(axis=0)
    partner = labels.space.mirror_permutation()
    if augment.flip:
        is_paired = partner != range(len(partner))
        positions = positions + positions[partner] * is_paired
    needed = max(min(MIN_POSITIONS, len(learned)), 1)
    return tuple(k for k, n in zip(labels.space.keypoints, positions, strict=True) if n >= needed)
