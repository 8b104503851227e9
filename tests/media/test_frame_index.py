"""The account of files as cameras, recording programs and editors really write them."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from test_video import number_of, picture, write_frames, write_two_sizes

from superanimal_core.errors import DatasetError, VideoError
from superanimal_core.evaluation.file_flags import file_flags
from superanimal_core.media.frame_index import index_frames
from superanimal_core.media.headers import video_size_px
from superanimal_core.media.video import read_frames
from superanimal_core.tables.video_tables import frames_record, frames_to_table

FPS = 25


def flags_of(path):
    index = index_frames(path, None)
    counted = {"frames_decoded": int(index.is_decoded.sum())}
    counted["frames_damaged"] = len(index.frame) - counted["frames_decoded"]
    return file_flags({**frames_record(index), **counted})


def write_stream(path, count, fps=FPS, codec="libx264", pix_fmt="yuv420p", **options):
    """One frame every 1 / fps; the container's own time stamps."""
    fps = Fraction(fps).limit_denominator(1001)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        stream.codec_context.time_base = 1 / fps
        stream.options = options
        for i in range(count):
            frame = av.VideoFrame.from_ndarray(picture(i), format="rgb24")
            frame.pts, frame.time_base = i, 1 / fps
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def copied(source, target, change=lambda position, packet: True, sound_s=0, **options):
    """A copy of the packets for which `change` (it may set their stamps) is true."""
    with av.open(str(source)) as old, av.open(str(target), "w", options=options) as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        sound: Any = new.add_stream("pcm_s16le", rate=8000, layout="mono") if sound_s else None
        packets = [packet for packet in old.demux(old.streams.video[0]) if packet.size]
        for position, packet in enumerate(packets):
            if change(position, packet):
                packet.stream = stream
                new.mux(packet)
        for second in range(sound_s):
            heard = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
            heard.sample_rate, heard.pts = 8000, 8000 * second
            new.mux(sound.encode(heard))
    return target


def later(seconds):
    def change(position, packet):
        packet.pts += int(seconds / packet.time_base)
        packet.dts += int(seconds / packet.time_base)
        return True

    return change


@pytest.mark.parametrize("options", [{"bf": "2"}, {"bf": "3"}, {"bf": "0"}])
@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_frames_in_avi_have_equal_steps_and_what_was_moved_is_marked(tmp_path, codec, options):
    path = write_stream(tmp_path / "v.avi", 60, codec=codec, **options, g="30")
    index = index_frames(path, None)
    np.testing.assert_allclose(index.time_s, np.arange(60) / FPS, atol=1e-9)
    has_b_frames = options["bf"] != "0"
    assert index.is_estimated_time == has_b_frames
    assert any("against the others" in flag for flag in flags_of(path)) == has_b_frames
    column = frames_to_table(index)["is_estimated_time"].to_numpy()
    np.testing.assert_array_equal(column, index.is_estimated)
    assert frames_record(index)["estimated_times"] == column.sum()


def test_frames_of_an_avi_copied_to_matroska_have_equal_steps(tmp_path):
    def only_decoding_times(position, packet):
        packet.pts = packet.dts
        return True

    avi = write_stream(tmp_path / "v.avi", 60, bf="2", g="30")
    index = index_frames(copied(avi, tmp_path / "v.mkv", only_decoding_times), None)
    np.testing.assert_allclose(index.time_s, np.arange(60) / FPS, atol=1e-9)
    assert index.is_estimated_time


@pytest.mark.parametrize("fps", [29.97, 59.94, 300, 120, 240])
@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_the_rate_is_that_of_the_camera_however_stamps_are_rounded(tmp_path, fps, suffix):
    path = write_stream(tmp_path / f"v.{suffix}", 100, fps)
    assert index_frames(path, None).fps == pytest.approx(fps, rel=1e-4)
    assert flags_of(path) == []


@pytest.mark.parametrize("off_ms", [1, 2])
def test_the_rate_of_the_file_counts_while_stamps_keep_to_it(tmp_path, off_ms):
    """One tick of a millisecond is rounding, two are another rate."""
    times_ms = 40 * np.arange(26)
    times_ms[-1] += off_ms
    path = write_frames(tmp_path / "v.mkv", 26, times_ms)
    exact = index_frames(path, None).fps == FPS
    assert exact == (off_ms == 1)


def test_packets_before_the_first_key_frame_are_missed(tmp_path):
    whole = write_stream(tmp_path / "v.mkv", 100, bf="0", g="50", sc_threshold="0")
    path = copied(whole, tmp_path / "torn.mkv", lambda position, packet: position > 0)
    index = index_frames(path, None)
    assert index.packets_without_frame == 49
    assert index.lost_at_frame == 0
    assert index.time_s[0] == pytest.approx(49 / FPS, abs=2e-3)  # the file starts at packet 1
    assert [number_of(image) for image in read_frames(path)] == list(range(50, 100))
    assert flags_of(path) == [
        "frames that could not be decoded: 49; "
        "the beginning is missing: the first frame is at 1.96 s"
    ]
    assert flags_of(whole) == []


def test_packets_that_never_reached_the_file_are_told_by_the_time_stamps(tmp_path):
    whole = write_stream(tmp_path / "v.mkv", 60, codec="mjpeg", pix_fmt="yuvj420p")
    path = copied(whole, tmp_path / "torn.mkv", lambda position, packet: not 20 <= position < 23)
    assert flags_of(path) == ["frames left out by the time stamps: 3, the first after frame 19"]


def test_pictures_that_begin_after_the_sound_keep_their_time(tmp_path):
    silent = write_stream(tmp_path / "v.mkv", 50, bf="0")
    path = copied(silent, tmp_path / "sound.mkv", later(0.6), sound_s=3)
    index = index_frames(path, None)
    np.testing.assert_allclose(index.time_s, 0.6 + np.arange(50) / FPS, atol=1e-3)
    assert frames_record(index)["first_frame_s"] == pytest.approx(0.6, abs=1e-3)
    assert flags_of(path) == []


@pytest.mark.parametrize("sound_s", [1, 2, 5])
@pytest.mark.parametrize("suffix", ["mkv", "asf"])
def test_sound_that_is_longer_or_shorter_is_no_reason_to_flag(tmp_path, suffix, sound_s):
    silent = write_stream(tmp_path / f"v.{suffix}", 50, codec="mpeg4")
    assert flags_of(copied(silent, tmp_path / f"sound.{suffix}", sound_s=sound_s)) == []


@pytest.mark.parametrize("b_frames", ["0", "2"])
def test_frames_that_an_edit_list_hides_are_not_missed(tmp_path, b_frames):
    whole = write_stream(tmp_path / "v.mp4", 50, bf=b_frames, g="10", sc_threshold="0")
    path = tmp_path / "cut.mp4"
    copied(whole, path, lambda k, packet: k >= 10 and later(-13 / FPS)(k, packet))
    index = index_frames(path, None)
    assert [number_of(image) for image in read_frames(path)] == list(range(13, 50))
    assert index.container_frames == len(index.frame) == 37
    assert flags_of(path) == []


def test_a_change_of_size_is_refused_with_its_frame_by_all_readers(tmp_path):
    joined = write_two_sizes(tmp_path)
    sentence = r"changes the size of its pictures at frame \d+, from 64 x 48 to 128 x 96"
    with pytest.raises(VideoError, match=sentence):
        index_frames(joined, None)
    with pytest.raises(VideoError, match=sentence):
        list(read_frames(joined))


def test_the_first_of_several_videos_is_read_and_a_cover_is_none(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams: list[Any] = [container.add_stream("mjpeg", rate=FPS) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for i in range(10):
            for place, stream in enumerate(streams):
                frame = av.VideoFrame.from_ndarray(picture(i + 100 * place), format="rgb24")
                frame.pts, frame.time_base = i, Fraction(1, FPS)
                container.mux(stream.encode(frame))
    assert [number_of(image) for image in read_frames(path)] == list(range(10))
    assert flags_of(path) == ["the file holds 2 videos; only the first was read"]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.mp4", "stack.tif", "one.gif", "a.webp"])
def test_pictures_are_no_videos(tmp_path, name):
    gray = Image.new("RGB", (64, 48))
    kinds = {"tif": "TIFF", "gif": "GIF", "jpg": "JPEG", "webp": "WEBP"}
    kind = kinds.get(name.rpartition(".")[2], "PNG")
    more = {"save_all": True, "append_images": [gray] * 4} if kind == "TIFF" else {}
    gray.save(tmp_path / name, kind, **more)
    with pytest.raises(VideoError, match="picture"):
        index_frames(tmp_path / name, None)


def test_an_animation_is_a_video(tmp_path):
    images = [Image.fromarray(picture(i)) for i in range(5)]
    images[0].save(tmp_path / "v.gif", save_all=True, append_images=images[1:], duration=40)
    assert len(index_frames(tmp_path / "v.gif", None).frame) == 5


@pytest.mark.parametrize("name", ["n.txt", "n.nfo", "n.csv", "n.m3u8"])
def test_texts_and_lists_are_no_videos(tmp_path, name):
    first = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n" if name == "n.m3u8" else ""
    (tmp_path / name).write_text(first + "mouse 3 was restless\n" * 50)
    with pytest.raises(VideoError):
        index_frames(tmp_path / name, None)


def test_an_unknown_codec_is_one_sentence(tmp_path):
    path = write_stream(tmp_path / "v.avi", 10, codec="mjpeg", pix_fmt="yuvj420p")
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"QQZX"))
    with pytest.raises(VideoError, match="codec FFmpeg does not know"):
        index_frames(path, None)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("v.mkv", {}),
        ("v.mp4", {"movflags": "+faststart"}),
        ("v.mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("v.avi", {}),
        ("v.flv", {}),
        ("v.ts", {}),
    ],
)
def test_a_file_cut_anywhere_is_refused_flagged_or_whole(tmp_path, name, options):
    """Never silence about lost frames, and one count for all who read them."""
    count = 12
    if name == "v.avi":
        content = write_stream(tmp_path / name, count, bf="2", g="6").read_bytes()
    else:
        whole = write_stream(tmp_path / "whole.mp4", count, bf="2", g="6")
        content = copied(whole, tmp_path / name, **options).read_bytes()
    assert not any("could" in flag or "cut" in flag for flag in flags_of(tmp_path / name))
    cut = tmp_path / f"cut.{name[2:]}"
    flagged = 0
    for length in range(1, len(content), max(len(content) // 40, 1)):
        cut.write_bytes(content[:length])
        try:
            index = index_frames(cut, None)
        except VideoError:
            continue
        assert len(list(read_frames(cut))) == len(index.frame)
        assert flags_of(cut) or len(index.frame) == count, length
        flagged += 1
    assert flagged


def test_the_size_of_an_unknown_codec_is_one_sentence_too(tmp_path):
    path = write_stream(tmp_path / "v.avi", 10, codec="mjpeg", pix_fmt="yuvj420p")
    assert video_size_px(path, "labels.csv") == (64, 48)
    path.write_bytes(path.read_bytes().replace(b"MJPG", b"QQZX"))
    with pytest.raises(DatasetError, match=r"labels\.csv: not a readable video \(.*codec"):
        video_size_px(path, "labels.csv")
