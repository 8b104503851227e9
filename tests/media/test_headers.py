"""Sizes and orientations from headers agree with the pictures as they are opened."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from superanimal_core.errors import DatasetError
from superanimal_core.media.headers import image_header, image_size_px, is_video
from superanimal_core.media.images import read_image

ORIENTATION = 0x0112


def save_turned(path, turn, **more):
    """A picture of 60 x 40 whose four corners differ, with an EXIF mark; its pixels as stored."""
    pixels = np.full((40, 60, 3), 40, dtype=np.uint8)
    pixels[:10, :10], pixels[:10, -10:], pixels[-10:, :10] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    about = Image.Exif()
    about[ORIENTATION] = turn
    Image.fromarray(pixels).save(path, exif=about, **more)
    return pixels


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_the_header_says_what_the_opened_picture_is(tmp_path, suffix, turn):
    path = tmp_path / f"a.{suffix}"
    pixels = save_turned(path, turn, quality=98)
    opened = read_image(str(path))
    assert image_header(path, "a") == (opened.shape[1::-1], turn)
    assert opened.shape[1::-1] == ((60, 40) if turn < 5 else (40, 60))
    stored = Image.fromarray(pixels)
    stored.getexif()[ORIENTATION] = turn
    right = np.asarray(ImageOps.exif_transpose(stored)).astype(int)
    assert np.abs(opened.astype(int) - right).mean() < 3


def test_a_mark_that_only_xmp_holds_does_not_turn_a_picture(tmp_path):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    Image.new("RGB", (60, 40)).save(tmp_path / "a.jpg", xmp=xmp)
    assert Image.open(tmp_path / "a.jpg").getexif().get(ORIENTATION) == 6  # another reader's view
    opened = read_image(str(tmp_path / "a.jpg"))
    assert image_header(tmp_path / "a.jpg", "a") == (opened.shape[1::-1], 1)


def test_a_mark_beyond_the_eight_is_none(tmp_path):
    save_turned(tmp_path / "a.png", 9)
    assert image_header(tmp_path / "a.png", "a") == ((60, 40), 1)


def test_what_is_no_picture_is_named():
    for ask in (image_size_px, image_header):
        with pytest.raises(DatasetError, match=r"b\.png: not a readable"):
            ask(io.BytesIO(b"nothing"), "b.png")


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("wmv", "wmv2"), ("ts", "mpeg2video"), ("seq", "mjpeg")],
)
def test_a_video_of_any_suffix_is_one(tmp_path, suffix, codec):
    import av

    path = tmp_path / f"m.{suffix}"
    format = {"ts": "mpegts", "seq": "avi"}.get(suffix)
    with av.open(str(path), "w", format=format) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for _ in range(40):
            picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    assert is_video(path)


@pytest.mark.parametrize("name", ["a.png", "a.txt", "a.csv", "a.nfo", "a.dat", "a", "absent.mp4"])
def test_pictures_texts_and_what_is_absent_are_no_videos(tmp_path, name):
    Image.new("RGB", (60, 40)).save(tmp_path / "a.png")
    for other in ("a.txt", "a.csv", "a.nfo", "a"):
        (tmp_path / other).write_text("frame,x,y\n" * 40)
    (tmp_path / "a.png").rename(tmp_path / "a.dat") if name == "a.dat" else None
    assert not is_video(tmp_path / name)
