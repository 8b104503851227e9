import struct
import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from superanimal_core.errors import VideoError
from superanimal_core.jobs.failure_card import write_failure_card
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.video import read_frames
from superanimal_core.report.video_file import write_video

FPS = 25


def picture(number, size=(64, 48)):
    """Eight stripes, black or white, that say in binary which frame it is."""
    digits = [255 * (number >> digit & 1) for digit in range(8)]
    row = np.repeat(digits, size[0] // 8)
    row = np.pad(row, (0, size[0] - len(row))).astype(np.uint8)
    return np.tile(row[None, :, None], (size[1], 1, 3))


def number_of(image):
    stripe = (image.shape[1] + 1) // 8 if image.shape[1] % 8 == 0 else 7
    middles = image[image.shape[0] // 2, stripe // 2 :: stripe, 0][:8]
    return sum(int(level > 127) << digit for digit, level in enumerate(middles))


def write_frames(path, count, times_ms=None, size=(64, 48), **options):
    """H.264 with the given time stamps (ms); by default one frame every 40 ms."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = size
        stream.pix_fmt = options.pop("pix_fmt", "yuv420p")
        stream.options = {"crf": "10", "g": "10", **options}
        stream.codec_context.time_base = Fraction(1, 1000)
        container.start_encoding()
        for i in range(count):
            frame = av.VideoFrame.from_ndarray(picture(i, size), format="rgb24")
            frame.pts = int(times_ms[i]) if times_ms is not None else 40 * i
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_two_sizes(folder):
    """A video of 40 frames, whose pictures are twice as large from the 21st on."""
    parts = []
    for place, size in enumerate([(64, 48), (128, 96)]):
        times_ms = 800 * place + 40 * np.arange(20)
        parts.append(write_frames(folder / f"{place}.ts", 20, times_ms, size, bf="0"))
    joined = folder / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    return joined


def write_sound(path):
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000))


def test_every_frame_is_accounted_for(tmp_path):
    index = index_frames(write_frames(tmp_path / "v.mp4", 30), None)
    assert index.frame.tolist() == list(range(30))
    np.testing.assert_allclose(index.time_s, np.arange(30) / FPS, atol=1e-3)
    assert index.is_decoded.all()
    assert (index.width_px, index.height_px) == (64, 48)
    assert index.container_frames == 30
    assert not index.is_estimated_time
    assert index.fps == pytest.approx(FPS, rel=0.01)


def test_a_variable_frame_rate_keeps_its_time_stamps(tmp_path):
    times_ms = np.cumsum([0, 40, 40, 200, 33, 33, 500, 40])
    index = index_frames(write_frames(tmp_path / "v.mkv", 8, times_ms), None)
    np.testing.assert_allclose(index.time_s, times_ms / 1000, atol=2e-3)
    assert not index.is_estimated_time


def test_a_stated_rate_overrides_the_time_stamps(tmp_path):
    index = index_frames(write_frames(tmp_path / "v.mp4", 10), 100.0)
    np.testing.assert_allclose(index.time_s, np.arange(10) / 100)
    assert index.fps == pytest.approx(100)


def test_time_starts_at_the_first_frame(tmp_path):
    index = index_frames(write_frames(tmp_path / "v.mkv", 5, 7000 + 40 * np.arange(5)), None)
    np.testing.assert_allclose(index.time_s, np.arange(5) * 0.04, atol=2e-3)
    assert index.missing_end_s == pytest.approx(0, abs=1e-3)


def test_frames_come_in_order_also_with_frames_that_depend_on_later_ones(tmp_path):
    path = write_frames(tmp_path / "v.mp4", 40, bf="3")
    assert [number_of(image) for image in read_frames(path)] == list(range(40))
    assert [number_of(image) for image in read_frames(path, 7, 12)] == [7, 8, 9, 10, 11]


def test_a_single_frame_is_a_video(tmp_path):
    index = index_frames(write_frames(tmp_path / "v.mp4", 1), None)
    assert len(index.frame) == 1
    assert np.isnan(index.fps)


def test_odd_sizes_are_read(tmp_path):
    path = write_frames(tmp_path / "v.mkv", 5, size=(63, 47), pix_fmt="yuv444p")
    index = index_frames(path, None)
    assert (index.width_px, index.height_px) == (63, 47)
    assert next(read_frames(path)).shape == (47, 63, 3)


def turned(path, rows):
    """The file with another display matrix (ISO 14496-12, tkhd: nine numbers after 40 bytes)."""
    content = path.read_bytes()
    start = content.index(b"tkhd") + 4 + 40
    matrix = struct.pack(">9i", *(round(v * (2**30 if i % 3 == 2 else 2**16)) for i, v in rows))
    path.write_bytes(content[:start] + matrix + content[start + 36 :])
    return path


def test_pictures_are_turned_as_a_player_turns_them(tmp_path):
    """A camera held upright: the file says a quarter clockwise, so the first row comes right."""
    path = write_frames(tmp_path / "v.mp4", 3)
    upright = list(read_frames(path))
    turned(path, enumerate((0, 1, 0, -1, 0, 0, 48, 0, 1)))
    index = index_frames(path, None)
    assert (index.width_px, index.height_px, index.rotation_deg) == (48, 64, -90)
    for image, straight in zip(read_frames(path), upright, strict=True):
        np.testing.assert_array_equal(image, straight[::-1].transpose(1, 0, 2))


def test_colors_are_those_of_ffmpeg(tmp_path):
    random = np.random.default_rng(0)
    blocks = random.integers(0, 255, (6, 8, 3)).astype(np.uint8).repeat(16, 0).repeat(16, 1)
    write_video(iter([blocks]), tmp_path / "v.mp4", FPS)
    with av.open(str(tmp_path / "v.mp4")) as container:
        expected = next(container.decode(video=0)).to_ndarray(format="rgb24")
    found = next(read_frames(tmp_path / "v.mp4"))
    middles = (slice(8, None, 16), slice(8, None, 16))  # at the edges both guess colors
    np.testing.assert_allclose(found[middles], expected[middles].astype(int), atol=3)


@pytest.mark.parametrize("pix_fmt", ["gray", "yuv420p10le"])
def test_gray_and_ten_bit_pictures_are_read(tmp_path, pix_fmt):
    path = write_frames(tmp_path / "v.mp4", 5, pix_fmt=pix_fmt)
    assert [number_of(image) for image in read_frames(path)] == list(range(5))


def test_a_file_cut_in_its_middle_gives_the_frames_before_the_cut(tmp_path):
    whole = write_frames(tmp_path / "whole.mkv", 200)
    cut = tmp_path / "cut.mkv"
    content = whole.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    index = index_frames(cut, None)
    assert 20 < len(index.frame) < 180
    seen = [number_of(image) for image in read_frames(cut)]
    assert seen == list(range(len(index.frame)))
    assert (np.diff(index.time_s) > 0).all()
    assert index.missing_end_s == pytest.approx((200 - len(index.frame)) / FPS)
    assert index_frames(whole, None).missing_end_s < 1e-6


def test_damage_in_the_middle_loses_only_what_is_damaged(tmp_path):
    content = bytearray(write_frames(tmp_path / "v.mp4", 100).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 60] = b"\xff" * 60
    (tmp_path / "damaged.mp4").write_bytes(content)
    index = index_frames(tmp_path / "damaged.mp4", None)
    assert 80 <= len(index.frame) < 100
    assert index.container_frames == 100
    assert len(list(read_frames(tmp_path / "damaged.mp4"))) == len(index.frame)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_zeros_in_the_middle_are_told_by_a_damaged_frame_or_a_lower_count(tmp_path, suffix):
    content = bytearray(write_frames(tmp_path / f"whole{suffix}", 200).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    (tmp_path / f"zeros{suffix}").write_bytes(content)
    index = index_frames(tmp_path / f"zeros{suffix}", None)
    assert 150 <= len(index.frame) < 200
    assert not index.is_decoded.all()
    assert index.container_frames in (0, 200)  # Matroska promises no count
    assert index.time_s[-1] == pytest.approx(199 / FPS, abs=1e-3)
    assert len(list(read_frames(tmp_path / f"zeros{suffix}"))) == len(index.frame)


def test_a_file_without_index_and_time_stamps_is_read_and_says_so(tmp_path):
    """The bare stream of H.264: no container, so no index, count, duration or stamps."""
    with (
        av.open(str(write_frames(tmp_path / "v.mp4", 30, bf="0"))) as source,
        av.open(str(tmp_path / "bare.h264"), "w") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    index = index_frames(tmp_path / "bare.h264", None)
    assert index.is_estimated_time
    assert index.missing_end_s == 0
    np.testing.assert_allclose(index.time_s, np.arange(30) / FPS, atol=1e-3)
    assert [number_of(image) for image in read_frames(tmp_path / "bare.h264")] == list(range(30))
    assert not index_frames(tmp_path / "bare.h264", 50.0).is_estimated_time


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "does not exist; mend its row"),
        (lambda path: path.touch(), r"is empty \(0 bytes\); copy the file again"),
        (lambda path: path.write_text("words " * 500), "cannot be opened as a video"),
        (write_sound, "holds no video stream"),
        (lambda path: write_frames(path, 0), r"v\.mp4 holds no "),
    ],
)
def test_what_is_no_video_is_a_fault_with_one_sentence(tmp_path, make, reason):
    make(tmp_path / "v.mp4")
    with pytest.raises(VideoError, match=reason) as told:
        index_frames(tmp_path / "v.mp4", None)
    assert told.value.stage == "probe_video"
    assert "\n" not in told.value.reason


def test_an_mp4_without_its_end_cannot_be_opened(tmp_path):
    content = write_frames(tmp_path / "whole.mp4", 200, size=(320, 240)).read_bytes()
    (tmp_path / "v.mp4").write_bytes(content[: int(len(content) * 0.6)])
    with pytest.raises(VideoError, match="may be truncated: copy it again"):
        index_frames(tmp_path / "v.mp4", None)


@pytest.mark.parametrize("size", [(64, 48), (63, 47)])
def test_a_written_video_can_be_read(tmp_path, size):
    write_video((picture(i, size) for i in range(12)), tmp_path / "out.mp4", 25.0)
    index = index_frames(tmp_path / "out.mp4", None)
    assert (index.width_px, index.height_px) == (64, 48)  # odd sides gain a line
    width, height = size
    frames = [image[:height, :width] for image in read_frames(tmp_path / "out.mp4")]
    assert [number_of(image) for image in frames] == list(range(12))
    np.testing.assert_allclose(index.time_s, np.arange(12) / 25, atol=1e-3)


def test_a_failed_writing_leaves_nothing(tmp_path):
    def frames():
        yield picture(0)
        raise VideoError("probe_video", "the source broke")

    with pytest.raises(VideoError, match="the source broke"):
        write_video(frames(), tmp_path / "out.mp4", 25.0)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_card_is_a_short_video(tmp_path):
    write_failure_card(tmp_path / "card.mp4", "probe_video", "raw/x.mp4 is empty (0 bytes)")
    index = index_frames(tmp_path / "card.mp4", None)
    assert index.time_s[-1] == pytest.approx(1.9, abs=0.01)
    assert next(read_frames(tmp_path / "card.mp4")).min() < 100  # something is written on it
