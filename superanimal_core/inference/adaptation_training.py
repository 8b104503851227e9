"""How a network learns in an adaptation (Ye et al. 2024, video adaptation)."""

from typing import Any

from superanimal_core.pose.labels import Labels
from superanimal_core.settings import TrainingSettings


def adaptation_training(**settings: Any) -> TrainingSettings:
    """How a network learns from its own predictions; `settings` are the others of a training.

    Whatever a pretraining does: keypoints that are not sure stay masked, since to train them as
    absent would teach the network its own doubts; there is no warm-up, which the few steps might
    not outlast; and the normalization's statistics stay those of the labels (Ye et al. 2024).
    """
    own = {"masking": True, "bagging": False, "warmup_steps": 0, "frozen_batch_norm": True}
    return TrainingSettings(**settings, **own)


def training_on(labels: Labels, **settings: Any) -> TrainingSettings:
    """`adaptation_training` on these pseudo-labels.

    To stop early, whole stretches are held out of the frames that may teach: the verdict has frames
    of its own. Labels of a single stretch are all learned from, for all steps.
    """
    training = adaptation_training(**settings)
    is_one = len(set(labels.group.tolist())) < 2
    return training.model_copy(update={"early_stopping": None}) if is_one else training
