"""What the labels of somebody's project bring into a new study: a row, a table, perhaps a space."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from superanimal_core.commands.deeplabcut_project import Project
from superanimal_core.commands.found_videos import legible_identifier
from superanimal_core.commands.new_study import path_in, proposed_table
from superanimal_core.commands.own_space import OWN, own_space, space_text
from superanimal_core.datasets.match_keypoints import Proposal
from superanimal_core.errors import ConfigError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.report.cells import counted
from superanimal_core.study.dataset_sheet import KEYPOINTS
from superanimal_core.study.shipped import WORKFLOW

LONGEST_NAME = 100


@dataclass(frozen=True)
class Labels:
    """The labels that a study begins with: rows of its sheet, its tables, what to say and do.

    Without `has_sides` their space says nothing of left and right.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    tables: tuple[tuple[str, str], ...] = ()
    told: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    has_sides: bool = True


def labels_of(project: Project, study: Path, unified: KeypointSpace, *, has_parent: bool) -> Labels:
    """What a project's labels bring: a row, and a table where the project has none for the space.

    ConfigError when not one name of its body parts is like a keypoint of the space.
    """
    if not project.has_labels:
        return Labels()
    space = unified.name
    row = row_of(project, study, space, has_parent=has_parent)
    name = row[0]
    if space in project.spaces:
        return Labels((row,), told=("keypoints as the project's own conversion table says",))
    table, proposals = proposed_table(project.body_parts, unified)
    if all(each.unified is None for each in proposals):
        raise ConfigError(
            [f"--from {project.folder}: no body part is called like a keypoint of '{space}'"]
        )
    file = f"keypoints/{space}/{name}.tsv"
    return Labels((row,), ((file, table),), steps=(review_of(study, file, proposals),))


def review_of(study: Path, file: str, proposals: Sequence[Proposal]) -> str:
    """What is to be looked at in a proposed table, and what it drops."""
    dropped = [each.source for each in proposals if each.unified is None]
    lost = f"; dropped, since no name is like theirs: {', '.join(dropped)}" if dropped else ""
    return f"review {study}/config/{file}: it is proposed by the names alone{lost}"


def own_name(of: str) -> str:
    """What the space of the body parts of a project or study of that name is called."""
    name = legible_name(of)
    return f"{name}_own" if (WORKFLOW / KEYPOINTS / f"{name}.yaml").is_file() else name


def project_space(project: Project | None) -> str:
    """What the space of a project's own body parts is called. ConfigError: it has no labels."""
    if project is None:
        raise ConfigError(
            [
                f"--species {OWN}: keeps the body parts of labels or predictions; say with --from "
                "or --predictions whose they are"
            ]
        )
    if not project.has_labels:
        raise ConfigError(
            [
                f"--from {project.folder}: nobody has labeled anything there (no CollectedData in "
                f"labeled-data); label some frames, or leave out --species {OWN}"
            ]
        )
    return own_name(project.name)


def own_labels(project: Project, study: Path, space: str, *, has_parent: bool) -> Labels:
    """The labels of a project in a space of its own, whose file is written too."""
    own = own_space(space, project.body_parts, project.skeleton)
    row = row_of(project, study, space, has_parent=has_parent)
    names = "".join(f"{part}\t{part}\n" for part in own.keypoints)
    file = f"keypoints/{space}.yaml"
    tables = (
        (file, space_text(own)),
        (f"keypoints/{space}/{row[0]}.tsv", f"source\tunified\n{names}"),
    )
    steps = (review_of_space(study, file, own),)
    return Labels((row,), tables, steps=steps, has_sides=bool(own.mirror_pairs))


def review_of_space(study: Path, file: str, own: KeypointSpace) -> str:
    """What is to be looked at in the file of a space of one's own."""
    sides = f"{counted(len(own.mirror_pairs), 'pair')} of left and right by their names"
    bones = f"{counted(len(own.bones), 'line')} of the skeleton"
    return f"review {study}/config/{file}: {counted(len(own), 'keypoint')}, {sides}, {bones}"


def legible_name(name: str) -> str:
    """The name of a project or study as a sheet takes it."""
    return legible_identifier(name)[:LONGEST_NAME]


def row_of(project: Project, study: Path, space: str, *, has_parent: bool) -> tuple[str, ...]:
    """The row of a project's labels in the sheet of data sets."""
    name = legible_name(project.name)
    if (WORKFLOW / KEYPOINTS / space / f"{name}.tsv").is_file():
        name += "_lab"  # the program's own table of that name is about other labels
    role = "fine_tune" if has_parent else "pretrain"
    return (name, path_in(study, project.folder), project.format, space, role)
