"""Packets of a video stream and the frames that they give.

Each packet goes through the decoder with its position among the packets in place of its time
stamp, so that it is known of every frame which packet it comes from, and of every packet whether it
gave a frame. (PyAV's `opaque`, made for this, is sometimes lost between threads.)
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

AVI = "avi"
HIDDEN_VP8 = 0x10  # RFC 6386, 9.1: the bit that shows a frame


@dataclass
class PacketAccount:
    """What was read from a file, packet by packet; filled by `decoded_frames`.

    `stamp_s` (NaN: none), `is_expected` (it should give a frame) and `is_damaged` are those of the
    video's packets in the order of the file. `start_s` and `end_s` are the earliest
    start and the latest end of all streams; `is_torn`: reading ended within a packet.
    """

    stamp_s: list[float] = field(default_factory=list)
    is_expected: list[bool] = field(default_factory=list)
    is_damaged: list[bool] = field(default_factory=list)
    start_s: float = float("inf")
    end_s: float = float("-inf")
    is_torn: bool = False


def decoded_frames(
    container: InputContainer, stream: VideoStream, account: PacketAccount | None = None
) -> Iterator[av.VideoFrame]:
    """Frames in the order in which they are shown; `pts` is the position of their packet.

    Damaged packets are passed over, and the rest still comes. With an `account` the packets of
    all streams are read, and written down there.
    """
    stream.thread_type = "AUTO"
    position = 0
    packets = container.demux() if account else container.demux(stream)
    for packet in _until_torn(packets, account):
        if packet.stream_index != stream.index or not packet.size:
            _note_times(packet, account)
            continue
        if account:
            _note(packet, stream, account)
        packet.pts = packet.dts = position
        position += 1
        yield from _frames_of(stream, packet)
    yield from _frames_of(stream, None)


def _until_torn(packets: Iterator[Packet], account: PacketAccount | None) -> Iterator[Packet]:
    """Packets until the file ends, or ends in the middle of one."""
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError:
            if account:
                account.is_torn = True
            return
        yield packet


def _frames_of(stream: VideoStream, packet: Packet | None) -> list[av.VideoFrame]:
    try:
        return stream.codec_context.decode(packet)
    except FFmpegError:
        return []


def _note(packet: Packet, stream: VideoStream, account: PacketAccount) -> None:
    """Write a packet of the video down."""
    has_stamps = packet.pts is not None and stream.container.format.name != AVI
    ticks = packet.pts if has_stamps else packet.dts  # in AVI FFmpeg guesses the former
    time_base = packet.time_base
    account.stamp_s.append(float("nan") if ticks is None else float(ticks * time_base))
    is_hidden = stream.codec_context.name == "vp8" and not bytes(packet)[0] & HIDDEN_VP8
    account.is_expected.append(not packet.is_discard and not is_hidden)
    account.is_damaged.append(packet.is_corrupt)
    _note_times(packet, account)


def _note_times(packet: Packet, account: PacketAccount | None) -> None:
    ticks = packet.dts if packet.pts is None else packet.pts
    if account and ticks is not None:
        start_s = float(ticks * packet.time_base)
        account.start_s = min(account.start_s, start_s)
        account.end_s = max(
            account.end_s, start_s + float((packet.duration or 0) * packet.time_base)
        )
