"""A document's picture size against the picture's own: were the labels made on this picture?

A label is a place in the picture that was shown to the person. Pictures that were made smaller
afterwards, and pictures that say of themselves that they are to be turned (EXIF orientation, as
phones write it), are another picture: the label would lie somewhere else, without a word. Pictures
are always opened turned, as every viewer shows them (`media.images`). So the size in the document,
where there is one, must be that of the turned picture; where it cannot tell (a picture turned by
half a circle, a square one, a document without sizes) the mark is refused.
"""

from superanimal_core.datasets.folder import DatasetFolder
from superanimal_core.errors import DatasetError

Size = tuple[int, int]
UPRIGHT = 1
SWAPS_SIDES = 5  # orientations from here on exchange width and height


def checked_size_px(folder: DatasetFolder, image: str, written: Size | None, place: str) -> Size:
    """(width, height) of a labeled picture as it is opened.

    `written` is what the document says, None where it says nothing; `place` names the entry in
    messages. DatasetError when the document is about a picture of another size, or when nothing
    tells whether the labels were made before or after the picture was turned.
    """
    width, height = folder.image_size_px(image)
    size, turn = (int(width), int(height)), folder.orientation(image)
    swaps = turn >= SWAPS_SIDES and size[0] != size[1]
    if written is not None and written != size:
        raise DatasetError(f"{place}: {_difference(image, written, size, swaps)}")
    if turn != UPRIGHT and not (swaps and written == size):
        raise DatasetError(
            f"{place}: the picture {image} says that it is to be turned (EXIF orientation {turn}), "
            "and nothing tells whether it was labeled turned or not; save it as it was labeled, "
            "without that mark"
        )
    return size


def _difference(image: str, written: Size, size: Size, swaps: bool) -> str:
    said = f"the document says {written[0]} x {written[1]}, the picture {image} is"
    if written == size[::-1]:
        if swaps:
            return (
                f"{said} to be shown turned (EXIF orientation), {size[0]} x {size[1]}: the labels "
                "were made before; remove that mark from the picture"
            )
        return f"{said} {size[0]} x {size[1]}; exchange width and height, or turn the picture back"
    return (
        f"{said} {size[0]} x {size[1]}: it was made smaller, larger or cut after labeling; give "
        "the pictures as they were labeled, or bring labels and document to the new size"
    )
