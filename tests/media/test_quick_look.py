"""What a look at a video's header tells before any job."""

from fractions import Fraction
from typing import Any

import av
import pytest
from test_video import picture

from superanimal_core.media.quick_look import look_at_video


def write_with_pixels(path, shape):
    """Five frames whose pixels have the shape width : height; none says nothing of it."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        if shape:
            stream.codec_context.sample_aspect_ratio = shape
        for i in range(5):
            frame = av.VideoFrame.from_ndarray(picture(i), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize(
    ("shape", "is_told"),
    [
        (None, False),
        (Fraction(1), False),
        (Fraction(101, 100), False),
        (Fraction(102, 100), True),
        (Fraction(99, 100), False),
        (Fraction(98, 100), True),
        (Fraction(2), True),
        (Fraction(1, 2), True),
    ],
)
def test_pixels_that_are_not_square_are_told(tmp_path, suffix, shape, is_told):
    look = look_at_video(write_with_pixels(tmp_path / f"v.{suffix}", shape))
    assert look.size_px == (64, 48)
    assert len(look.doubts) == is_told
    if is_told:
        assert f"are not square ({shape.numerator}:{shape.denominator})" in look.doubts[0]
        assert "cm_per_px holds for one of them" in look.doubts[0]
