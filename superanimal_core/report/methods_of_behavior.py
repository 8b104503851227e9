"""What the methods paragraph says of behavior, groups and the software, after the settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from superanimal_core.report.cells import counted, listed
from superanimal_core.report.references import MOELDER, PASZKE, STURMAN

METHODS = {
    "boosting": "gradient boosted trees on statistics of windows of the features",
    "network": f"a small network on windows of the features [{STURMAN}]",
}


def behavior_sentences(settings: Mapping[str, Any], has_arena: bool) -> list[str]:
    """How behaviors were found, and groups compared. Names in brackets stand for references.

    `has_arena`: the sheet tells the arena of a video.
    """
    spaces = {model["space"] for model in settings["models"].values()}
    definitions = settings["behavior"]["definitions"]
    ruled = sorted({name for space in spaces for name in definitions.get(space, {})})
    said = []
    if ruled:
        said.append(
            f"Bouts of {counted(len(ruled), 'behavior')} ({listed(ruled)}) were found by rules on "
            "features of the poses, as the settings give them."
        )
    if has_arena:
        said.append(
            "Center, periphery and corners of the arena are those of the open field by Sturman et "
            f"al. [{STURMAN}]."
        )
    classifiers = settings["classifiers"]
    for name in classifiers["named"]:
        own = {**classifiers["every"], **classifiers["named"][name]}
        said.append(
            f"The classifier {name} learned {listed(own['behaviors'])} from bouts that people had "
            f"marked, by {METHODS[own['method']]}, and was judged on what it had not learned from."
        )
    if settings["groups"]["column"]:
        said.append(
            f"Groups (column {settings['groups']['column']}) were compared by linear mixed models "
            "with the animal as random effect, gait with the speed as covariate; p values are "
            "adjusted for all measures together (Holm)."
        )
    return said


def software_sentence(versions: Sequence[tuple[str, str]], source: str, has_networks: bool) -> str:
    """What all of it ran in; `source` is the digest of the program's source."""
    known = dict(versions)
    said = (
        f"All was done with superanimal-core {known['superanimal-core']} (source {source}) in "
        f"Snakemake {known['snakemake']} [{MOELDER}]"
    )
    if has_networks:
        said += (
            f", networks in PyTorch {known['torch']} [{PASZKE}] with backbones of timm "
            f"{known['timm']}"
        )
    return said + "."
