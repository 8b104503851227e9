"""Labels on the page: pictures of every data set, and what the audit finds doubtful in them."""

from collections.abc import Mapping, Sequence
from itertools import groupby, islice

import numpy as np

from superanimal_core.report.cells import Table, counted, number
from superanimal_core.report.label_pictures import label_picture
from superanimal_core.report.results import Row
from superanimal_core.tables.label_files import labeled_images, read_labels_of_images

KINDS = {  # kind of finding -> what a reader calls it
    "swapped_sides": "left and right exchanged",
    "sides_unlike_other_sets": "sides unlike other sets",
    "outside_image": "point outside its image",
    "at_origin": "point at (0, 0)",
    "outside_box": "point outside its box",
    "box_from_origin": "box from missing points",
    "bone_length": "implausible bone",
    "repeated_labels": "labels stand twice",
    "identical": "picture stands twice",
    "similar": "picture much like another",
}


def finding_table(
    datasets: Sequence[str], findings: Sequence[Row], repeats: Sequence[Row]
) -> Table:
    """Findings counted by data set and kind; kinds that no set has are left out."""
    count: dict[tuple[str, str], int] = {}
    for row in (*findings, *repeats):
        key = row["dataset"], row["kind"]
        count[key] = count.get(key, 0) + 1
    kinds = [kind for kind in KINDS if any(found == kind for _, found in count)]
    columns = (("data set", ""), *((KINDS[kind], "") for kind in kinds))
    rows = [(d, *(number(count.get((d, kind), 0), 0) for kind in kinds)) for d in datasets]
    return Table(columns, rows, words=("data set",))


def leaks(repeats: Sequence[Row]) -> str:
    """How many pictures stand in training and in test; '' when none does."""
    found = [row for row in repeats if row["is_leak"]]
    if not found:
        return ""
    first, again = (short(found[0][key]) for key in ("image", "other_image"))
    return (
        f"{counted(len(found), 'picture stands', 'pictures stand')} in training and in test under "
        f"two names, {first} as {again} for example. Remove one of each pair, or the held-out "
        "errors are too small."
    )


def finding_pictures(
    findings: Sequence[Row], unified: dict[str, str], places: Mapping[str, str], per_kind: int
) -> list[dict[str, object]]:
    """The worst findings of each kind that have a picture, in the order of `KINDS`.

    `unified` names the label table of each data set, `places` are as for `picture_path`.
    """
    shown = []
    worst_first = sorted(
        findings,
        key=lambda f: (list(KINDS).index(f["kind"]), -f["severity"], f["dataset"], f["animal"]),
    )
    for kind, rows in groupby(worst_first, key=lambda finding: finding["kind"]):
        left = per_kind
        for row in islice(rows, 10 * per_kind):
            if not left:
                break
            labels = read_labels_of_images(unified[row["dataset"]], [row["image"]])
            animal = labels.select(labels.individual == row["individual"])
            picture = label_picture(animal, places, row["keypoints"]) if len(animal) else None
            if picture is not None:
                left -= 1
                shown.append({"kind": KINDS[kind], "picture": picture, **_words(row)})
    return shown


def _words(row: Row) -> dict[str, str]:
    return {"dataset": row["dataset"], "image": short(row["image"]), "reason": row["reason"]}


def short(image: str) -> str:
    """Folder and file name of a picture: what tells it apart within its data set."""
    return "/".join(image.split("/")[-2:])


def dataset_pictures(
    unified: dict[str, str], places: Mapping[str, str], per_dataset: int
) -> list[dict[str, object]]:
    """Some pictures of each data set, evenly over its images; none for sets of labels alone."""
    return [
        {"dataset": name, "pictures": _pictures(path, places, per_dataset)}
        for name, path in unified.items()
    ]


def _pictures(path: str, places: Mapping[str, str], count: int) -> list[dict[str, object]]:
    images = labeled_images(path)
    if not len(images) or not count:
        return []
    chosen = images[np.unique(np.linspace(0, len(images) - 1, count + 2)[1:-1].round().astype(int))]
    labels = read_labels_of_images(path, [str(image) for image in chosen])
    shown = []
    for image in chosen:
        picture = label_picture(labels.select(labels.image == image), places)
        if picture is not None:
            shown.append({"image": short(str(image)), "picture": picture})
    return shown
