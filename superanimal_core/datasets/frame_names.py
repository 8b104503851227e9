"""Names of pictures that are frames of videos."""

import re

_FRAME = re.compile(r"^(?P<video>.+)#frame=(?P<frame>[0-9]{1,9})$")


def split_frame_name(image: str) -> tuple[str, int | None]:
    """(video, frame) of `video#frame=12`; (image, None) for a picture."""
    match = _FRAME.match(image)
    return (match["video"], int(match["frame"])) if match else (image, None)
