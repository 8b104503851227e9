"""What a network takes over from a pretrained one (Ye et al. 2024): encoder only, or everything.

`new_head` keeps the encoder. `naive` keeps the whole network and is taught the keypoints that the
lab maps into the space; `memory_replay` the same on labels that `replay.complete_labels` completed.
They are compared with `scratch`, a new network, and `zero_shot`, the parent without any training.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from torch import Tensor

from superanimal_core.network.bundle import ModelBundle, new_bundle
from superanimal_core.network.keypoint_channels import take_over
from superanimal_core.pose.keypoints import KeypointSpace

NEW_HEAD, NAIVE, MEMORY_REPLAY = "new_head", "naive", "memory_replay"
SCRATCH, ZERO_SHOT = "scratch", "zero_shot"
Encoder = tuple[str, Mapping[str, Tensor]]


def start_from(
    parent: ModelBundle,
    mode: str,
    sources: tuple[str, ...],
    taught: tuple[str, ...],
    initial: Encoder | None = None,
    space: KeypointSpace | None = None,
) -> ModelBundle:
    """A bundle to be trained on `sources`, with what `mode` takes over from the parent.

    Architecture and crops are the parent's, and the space, unless labels are in another `space`.
    With `new_head` all but the encoder is random (torch's generator); with `scratch` that too,
    unless there are `initial` weights of it. Otherwise the network is the parent's own, which
    training will change; in another space a new one, in which only the channels of keypoints that
    the parent lacks are random.

    `taught` are the keypoints that the labels teach (`taught.taught_keypoints`). A random head will
    know these alone. A head that is kept knows the parent's, too: replay teaches them again, naive
    training leaves their weights alone (what it forgets of them shows in their scores). Without any
    training the parent's are all.
    """
    space = space or parent.space
    trained_on = tuple(dict.fromkeys((*parent.trained_on, *sources)))
    like_parent = partial(
        new_bundle,
        space,
        architecture=parent.architecture,
        parameters=parent.parameters,
        crop=parent.crop,
    )
    if mode not in (NEW_HEAD, SCRATCH):
        kept = parent.taught_keypoints + (() if mode == ZERO_SHOT else taught)
        in_order = tuple(name for name in space.keypoints if name in kept)
        if space.keypoints == parent.space.keypoints:
            return replace(parent, space=space, trained_on=trained_on, taught=in_order)
        child = like_parent(trained_on=trained_on, terms=parent.terms, taught=in_order)
        take_over(child, parent)
        return child
    encoder = parent.network.get_submodule("backbone").state_dict()
    weights = initial if mode == SCRATCH else ("the parent's encoder", encoder)
    return like_parent(
        trained_on=sources if mode == SCRATCH else trained_on,
        terms=() if mode == SCRATCH else parent.terms,
        weights=weights,
        taught=taught,
    )
