"""What is wrong with the videos of a session and their calibration, by the headers of the files."""

from collections.abc import Iterator, Sequence
from itertools import chain

from superanimal_core.commands.study_checks import DOUBT, Finding
from superanimal_core.errors import VideoError
from superanimal_core.formats.camera_files import read_picture_sizes
from superanimal_core.media.quick_look import VideoLook, look_at_video
from superanimal_core.study.study import Study
from superanimal_core.study.study_rows import VideoRow
from superanimal_core.study.study_sessions import videos_by_session
from superanimal_core.study.video_sheet import is_stored

Session = tuple[str, Sequence[VideoRow]]  # its name and its videos

MOST_FRAMES_APART = 2.0  # of a view's last frame: a header's rate is rounded, its end may be, too


def alone_findings(study: Study) -> Iterator[Finding]:
    """Of videos with a calibration that nothing is done with: they have no session."""
    rows = [row for row in study.videos.values() if row.columns.get("camera_file")]
    for row in rows:
        if not row.columns.get("session"):
            told = (
                f"'{row.video}' has a camera_file, and no session: it is smoothed alone; write the "
                "same session for all videos that were filmed together"
            )
            yield Finding(DOUBT, study.settings.videos, told)


def calibrated_sessions(study: Study) -> list[Session]:
    """The sessions whose views are smoothed together: those with a calibration."""
    if study.settings.smoothing.method != "eks":
        return []
    sessions = videos_by_session(study.videos).items()
    return [(name, rows) for name, rows in sessions if rows[0].columns.get("camera_file")]


def session_findings(_study: Study, of: Session) -> list[Finding]:
    """Of a session with a calibration: pictures of another size, and views that differ in time.

    Where a header does not say, or a file cannot be read (told of the video itself), nothing is.
    """
    session, rows = of
    looks = [(row, look) for row in rows if (look := _look(row))]
    doubts = chain(_unlike_sizes(looks), _unlike_times(looks))
    return [Finding(DOUBT, f"session {session}", doubt) for doubt in doubts]


def _look(row: VideoRow) -> VideoLook | None:
    try:
        return None if is_stored(row.path) else look_at_video(row.path, row.fps)
    except VideoError:
        return None


def _unlike_sizes(looks: list[tuple[VideoRow, VideoLook]]) -> Iterator[str]:
    for row, look in looks:
        file = row.columns["camera_file"]
        size_px = read_picture_sizes(file).get(row.columns["camera"], look.size_px)
        if size_px != look.size_px:
            yield (
                f"{file}: camera '{row.columns['camera']}' was calibrated with {_by(size_px)}, and "
                f"'{row.video}' has {_by(look.size_px)}: calibrate again with pictures as the "
                "video's, neither cropped nor scaled"
            )


def _unlike_times(looks: list[tuple[VideoRow, VideoLook]]) -> Iterator[str]:
    """Views that smoothing would refuse (see smoothing.multicamera.check_views)."""
    known = [(row, look) for row, look in looks if look.frames and look.rate_hz]
    for row, look in known[1:]:
        first, first_look = known[0]
        apart = abs(look.frames - 1) * abs(1 - look.rate_hz / first_look.rate_hz)
        if look.frames != first_look.frames:
            unlike = (f"{first_look.frames} frames", f"{look.frames}")
        elif apart > MOST_FRAMES_APART:
            unlike = (f"{first_look.rate_hz:g} frames per second", f"{look.rate_hz:g}")
        else:
            continue
        yield (
            f"camera '{first.columns['camera']}' ('{first.video}') has {unlike[0]}, camera "
            f"'{row.columns['camera']}' ('{row.video}') {unlike[1]}: smoothing fails unless all "
            "views have the same frames; cut them to the same"
        )


def _by(size_px: tuple[int, int]) -> str:
    return f"{size_px[0]} x {size_px[1]} pixels"
