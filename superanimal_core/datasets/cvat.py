"""CVAT for images 1.1 (annotations.xml) -> `Labels`. CVAT's COCO export has the format `coco`.

* A `skeleton` is an animal; its `points` are keypoints: `outside` ones are NOT_LABELED, `occluded`
  ones OCCLUDED.
* Free `points` of one position are keypoints, too; those with the same `group_id` are one animal,
  those without a group are the picture's only one. A `box` of the same group is that animal's box.
* Positions and boxes are continuous already: the top-left corner of the picture is (0, 0).
* The keypoints' order is that of the labels in `meta`, where it is told.

XML is read without document types, so no entity can be defined, expanded or fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

from superanimal_core.datasets.animals import Animal, Box, Point, labels_from_animals
from superanimal_core.datasets.folder import DatasetFolder, find_beside, parent, posix_name
from superanimal_core.datasets.picture_sizes import checked_size_px
from superanimal_core.errors import DatasetError
from superanimal_core.pose.labels import Labels, LabelState

MAX_DEPTH = 32


@dataclass
class Node:
    """One XML element."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list["Node"]:
        """Children of that tag."""
        return [child for child in self.children if child.tag == tag]


def parse_cvat(dataset: str, folder: DatasetFolder) -> Labels:
    """The animals of all documents of a data set. `group` is the folder of the picture's name."""
    names = folder.names("*.xml")
    if not names:
        raise DatasetError(f"{folder.where('')}: no annotations.xml of CVAT")
    documents = [(name, parse_xml(folder.text(name), folder.where(name))) for name in names]
    for name, root in documents:
        if root.tag != "annotations" or not root.all("image"):
            what = "tracks of a video" if root.all("track") else f"<{root.tag}> without images"
            raise DatasetError(
                f"{folder.where(name)}: {what}; export it as 'CVAT for images 1.1' or as COCO"
            )
    pictures = [(name, node) for name, root in documents for node in root.all("image")]
    labeled = [(n, node) for n, node in pictures if node.all("skeleton") or node.all("points")]
    written = [(parent(name), _image_name(folder.where(name), node)) for name, node in labeled]
    images = find_beside(folder, written, folder.where(""), ("", "images"))
    animals = [
        animal
        for key, (name, node) in zip(written, labeled, strict=True)
        for animal in _animals(folder.where(name), node, images[key], folder)
    ]
    keypoints = dict.fromkeys(k for _, root in documents for k in _names_in_meta(root))
    used = dict.fromkeys(k for animal in animals for k in animal.points)
    order = [*(k for k in keypoints if k in used), *(k for k in used if k not in keypoints)]
    return labels_from_animals(dataset, order, animals, folder.where(""))


def parse_xml(text: str, where: str) -> Node:
    """The root of a document. DatasetError with the line, and for any document type."""
    top = Node("", {}, 0)
    open_nodes = [top]
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise DatasetError(f"{where}: has a document type (DOCTYPE); refused, remove it")

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_nodes) > MAX_DEPTH:
            raise DatasetError(f"{where}: elements are nested more than {MAX_DEPTH} deep")
        node = Node(tag, attributes, parser.CurrentLineNumber)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        open_nodes.pop()

    def characters(content: str) -> None:
        open_nodes[-1].text += content

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.buffer_text = True
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError) as mistake:
        raise DatasetError(f"{where}: not a complete XML document ({mistake})") from None
    return top.children[0]


def _names_in_meta(root: Node) -> list[str]:
    """Label names in the order of `meta/*/labels`, wherever the task or the project has them."""
    found: list[str] = []
    pending = root.all("meta")
    while pending:
        node = pending.pop(0)
        found += [n.text.strip() for label in node.all("label") for n in label.all("name")]
        pending += node.children
    return found


def _image_name(where: str, node: Node) -> str:
    name = posix_name(node.attributes.get("name", ""))
    if not name or ".." in name.split("/") or "\0" in name:
        raise DatasetError(f"{_place(where, node)}: image name '{name}' is none, or leaves")
    return name


def _animals(where: str, image: Node, name: str, folder: DatasetFolder) -> list[Animal]:
    """The skeletons of a picture, then its groups of free points."""
    group = parent(_image_name(where, image).lstrip("/")) or name
    size = checked_size_px(folder, name, _written_size(where, image), _place(where, image))
    boxes = {
        box.attributes.get("group_id", ""): _box(where, box)
        for box in image.all("box")
        if box.attributes.get("group_id")
    }
    parts = [
        (skeleton.attributes.get("group_id", ""), skeleton.all("points"))
        for skeleton in image.all("skeleton")
    ]
    free: dict[str, list[Node]] = {}
    for point in image.all("points"):
        free.setdefault(point.attributes.get("group_id", ""), []).append(point)
    return [
        Animal(name, size, f"animal{i}", _points(where, nodes), group, boxes.get(number))
        for i, (number, nodes) in enumerate([*parts, *free.items()])
    ]


def _place(where: str, node: Node) -> str:
    return f"{where}: line {node.line}"


def _written_size(where: str, image: Node) -> tuple[int, int] | None:
    """(width, height) as the document has it."""
    words = [image.attributes.get(side, "") for side in ("width", "height")]
    if "" in words:
        return None
    width, height = _numbers(_place(where, image), words, 2)
    return int(width), int(height)


def _points(where: str, nodes: Sequence[Node]) -> dict[str, Point]:
    points: dict[str, Point] = {}
    for node in nodes:
        place = _place(where, node)
        keypoint = node.attributes.get("label", "").strip()
        if not keypoint or keypoint in points:
            raise DatasetError(
                f"{place}: the keypoint '{keypoint}' has no label, or stands twice in one animal; "
                "give the points of each animal one group"
            )
        x, y = _numbers(place, node.attributes.get("points", "").replace(",", " ").split(), 2)
        is_out, is_hidden = (node.attributes.get(a) == "1" for a in ("outside", "occluded"))
        seen = LabelState.OCCLUDED if is_hidden else LabelState.VISIBLE
        points[keypoint] = (x, y, LabelState.NOT_LABELED if is_out else seen)
    return points


def _box(where: str, node: Node) -> Box | None:
    words = [node.attributes.get(side, "") for side in ("xtl", "ytl", "xbr", "ybr")]
    x0, y0, x1, y1 = _numbers(_place(where, node), words, 4)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _numbers(place: str, words: Sequence[str], count: int) -> list[float]:
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != count or not all(abs(v) < 1e7 for v in values):
        raise DatasetError(f"{place}: {' '.join(words)[:60]!r}; expected {count} numbers")
    return values
