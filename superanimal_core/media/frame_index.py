"""The account of a video: every frame, when it is shown, and what of the file gave none."""

from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.index import IndexEntries
from av.video.stream import VideoStream
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from superanimal_core.errors import VideoError
from superanimal_core.media.display_matrix import UPRIGHT, Turn
from superanimal_core.media.file_end import is_cut_short
from superanimal_core.media.packets import AVI, PacketAccount
from superanimal_core.media.time_stamps import frames_left_out, presentation_times
from superanimal_core.media.video import shown_frames
from superanimal_core.media.video_stream import ANIMATIONS, STAGE, moving_streams, open_video
from superanimal_core.pose.frame_rate import frames_per_second, recorded_steps_s

NOMINAL_HZ = 30.0  # where neither stamps nor the file tell a rate
MOV = "mov"
SAME_TIME_S = 1e-6
MAX_MISSING_END_S = 0.5


@dataclass(frozen=True)
class FrameIndex:
    """Every frame of a video: index in the order shown, time, decoded whole or not.

    `time_s` counts from the start of the file, as ffmpeg does: where sound, or pictures that
    cannot be decoded, come first, the first frame is later than 0. `is_estimated` marks the frames
    whose time is not their own stamp, because that is missing or contradicts the others.
    `fps` is frames over the time that they cover, or the file's rate where both agree; NaN for a
    single frame.

    `container_frames` is how many frames the file's header promises to show (0: it does not say).
    `packets_without_frame` counts what is in the file, but could not be decoded, the first of it
    before frame `lost_at_frame`; `frames_left_out` what the time stamps of a regular camera leave
    out, the first of it after frame `left_out_after_frame`. `missing_end_s` is how much earlier
    the file ends than its header says; 0 where nothing is missing. `is_torn` tells that it ends
    within a packet.

    `rotation_deg` is how a player turns the pictures (counterclockwise), `is_mirrored` that it
    mirrors them; `read_frames` does it too, and width and height are those of the turned picture.
    `video_streams` counts the streams, of which the first is read.
    """

    frame: Int[ndarray, "frame"]
    time_s: Float[ndarray, "frame"]
    is_decoded: Bool[ndarray, "frame"]
    is_estimated: Bool[ndarray, "frame"]
    width_px: int
    height_px: int
    fps: float
    container_frames: int
    packets_without_frame: int
    lost_at_frame: int
    frames_left_out: int
    left_out_after_frame: int
    missing_end_s: float
    is_torn: bool
    rotation_deg: int
    is_mirrored: bool
    video_streams: int

    @property
    def is_estimated_time(self) -> bool:
        """Whether the time of any frame is not its own stamp."""
        return bool(self.is_estimated.any())


@dataclass
class _Seen:
    """What the frames of a video showed, one after the other."""

    packet: list[int | None] = field(default_factory=list)
    stamp_s: list[float] = field(default_factory=list)
    is_damaged: list[bool] = field(default_factory=list)
    is_interlaced: bool = False
    turn: Turn = UPRIGHT
    size_px: tuple[int, int] = (0, 0)
    rotation_deg: int = 0


def index_frames(path: str | Path, fps: float | None) -> FrameIndex:
    """Decode a video once and account for every frame. VideoError when not one can be decoded.

    `fps` (Hz) overrides the file's time stamps: frame i is then at i / fps.
    """
    container, stream = open_video(path)
    with container:
        account, at_first = PacketAccount(), _promised(container, stream)
        seen = _look_at_frames(path, container, stream, account)
        if not seen.packet:
            reason = f"{path} holds no frame that can be decoded; replace the file"
            raise VideoError(STAGE, reason)
        if len(seen.packet) == 1 and container.format.name in ANIMATIONS:
            raise VideoError(STAGE, f"{path} is a single picture, not a video")
        account.is_torn |= is_cut_short(path, container.format.name)
        is_growing = container.format.name.startswith(MOV)  # each fragment brings its own list
        promised = _promised(container, stream) if is_growing else at_first
        if account.is_torn and not is_growing:
            promised = stream.frames  # an index was made of what is left
        return _index(container, stream, account, seen, promised, fps)


def _look_at_frames(
    path: str | Path, container: InputContainer, stream: VideoStream, account: PacketAccount
) -> _Seen:
    seen = _Seen()
    for frame, turn in shown_frames(path, container, stream, account):
        packet = frame.pts
        seen.packet.append(packet)
        seen.stamp_s.append(np.nan if packet is None else account.stamp_s[packet])
        seen.is_damaged.append(
            frame.is_corrupt or (packet is not None and account.is_damaged[packet])
        )
        seen.is_interlaced |= frame.interlaced_frame
        seen.turn, seen.rotation_deg = turn, frame.rotation
        seen.size_px = turn.size_px(frame.width, frame.height)
    return seen


def _index(
    container: InputContainer,
    stream: VideoStream,
    account: PacketAccount,
    seen: _Seen,
    promised: int,
    fps: float | None,
) -> FrameIndex:
    count = len(seen.packet)
    rate = float(stream.average_rate or NOMINAL_HZ)
    stamp_s = np.array(seen.stamp_s)
    order = [i if packet is None else packet for i, packet in enumerate(seen.packet)]
    shown_s = presentation_times(stamp_s, np.array(order), rate)
    start_s = min(shown_s[0], _start_s(container, account))
    time_s = np.arange(count) / fps if fps else shown_s - start_s
    is_estimated = ~(np.abs(shown_s - stamp_s) < SAME_TIME_S) & (not fps)
    left_out = frames_left_out(time_s)
    lost, lost_at_frame = _lost(account, seen)
    return FrameIndex(
        np.arange(count, dtype=np.int32),
        time_s,
        ~np.array(seen.is_damaged),
        is_estimated,
        *seen.size_px,
        fps=fps or _rate(time_s, rate, float(stream.time_base or 0)),
        container_frames=promised,
        packets_without_frame=lost,
        lost_at_frame=lost_at_frame,
        frames_left_out=int(left_out.sum()),
        left_out_after_frame=int(np.argmax(left_out > 0)) if left_out.any() else 0,
        missing_end_s=0.0 if promised else _missing_end_s(container, stream, account, shown_s),
        is_torn=account.is_torn,
        rotation_deg=seen.rotation_deg,
        is_mirrored=seen.turn.is_mirrored,
        video_streams=len(moving_streams(container)),
    )


def _start_s(container: InputContainer, account: PacketAccount) -> float:
    """Where the file begins: the earliest start of all its streams."""
    start = container.start_time
    return account.start_s if start is None else start / av.time_base


def _rate(time_s: Float[ndarray, "frame"], rate_hz: float, tick_s: float) -> float:
    """The file's rate where the frames keep to it but for the rounding of stamps, or theirs."""
    steps_s = recorded_steps_s(time_s)
    pauses = len(time_s) - 1 - len(steps_s)
    off_s = abs(float(steps_s.sum()) - len(steps_s) / rate_hz)
    is_kept = len(steps_s) and off_s <= (1 + pauses) * tick_s + SAME_TIME_S
    return rate_hz if is_kept else frames_per_second(time_s)


def _lost(account: PacketAccount, seen: _Seen) -> tuple[int, int]:
    """How many packets gave no frame, and the frame before which the first of them is missing.

    A packet may hold two frames and the next none (MPEG-4 of old programs), and of interlaced
    pictures one packet each field.
    """
    expected = sum(account.is_expected)
    per_frame = 2 if seen.is_interlaced and expected > 1.5 * len(seen.packet) else 1
    missing = max(expected - per_frame * len(seen.packet), 0)
    gave = set(seen.packet)
    without = [i for i, should in enumerate(account.is_expected) if should and i not in gave]
    if not missing or None in gave or not without:
        return missing, 0
    before = sum(packet is not None and packet < without[0] for packet in seen.packet)
    return min(missing, len(without)), before


def _promised(container: InputContainer, stream: VideoStream) -> int:
    """How many frames the header promises to show: without those that an edit list hides.

    In AVI an empty entry of the index stands for a picture that stays.
    """
    entries: IndexEntries = stream.index_entries
    if container.format.name.startswith(MOV) and len(entries):
        return sum(not entry.is_discard for entry in entries)
    if container.format.name == AVI and len(entries):
        return sum(entry.size > 0 for entry in entries)
    return stream.frames


def _missing_end_s(
    container: InputContainer,
    stream: VideoStream,
    account: PacketAccount,
    shown_s: Float[ndarray, "frame"],
) -> float:
    """Seconds from the end of the frames, or of all streams, to what the header says.

    For files that promise no count. Matroska mostly knows the end of the pictures themselves. A
    last frame may be shown as long as any other was.
    """
    steps_s = np.diff(shown_s)
    typical_s = float(np.median(steps_s)) if len(steps_s) else 1 / NOMINAL_HZ
    longest_s = float(steps_s.max(initial=typical_s))
    allowed_s = max(min(longest_s - typical_s / 2, MAX_MISSING_END_S), typical_s / 2)
    last_s = np.nanmax([shown_s[-1], *account.stamp_s])  # a wrong stamp is in the header too
    own_end_s = float(last_s) + typical_s
    promised_s = _seconds(stream.metadata.get("DURATION", ""))
    if promised_s is None:
        promised_s = (container.duration or 0) / av.time_base
        if len(container.streams) > 1:
            own_end_s, allowed_s = max(own_end_s, account.end_s), MAX_MISSING_END_S
    missing_s = promised_s - own_end_s
    return missing_s if missing_s > allowed_s else 0.0


def _seconds(clock: str) -> float | None:
    """Seconds of a time such as 00:01:02.500000000; None for another text."""
    try:
        hours, minutes, seconds = clock.split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None
