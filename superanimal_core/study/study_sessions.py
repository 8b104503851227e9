"""Videos of one session: the columns `session`, `camera` and `camera_file` of the sheet."""

from collections.abc import Mapping, Sequence

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.camera_files import read_cameras
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.study.study_rows import VideoRow


def videos_by_session(videos: Mapping[str, VideoRow]) -> dict[str, list[VideoRow]]:
    """The videos of every session that has a name, in the order of the sheet."""
    sessions: dict[str, list[VideoRow]] = {}
    for row in videos.values():
        if session := row.columns.get("session", ""):
            sessions.setdefault(session, []).append(row)
    return sessions


def views_of(video: VideoRow, sessions: Mapping[str, Sequence[VideoRow]]) -> dict[str, str]:
    """Camera and video of every view of a video's session, itself first; alone, itself only."""
    together = [video, *sessions.get(video.columns.get("session", ""), [])]
    return {row.columns.get("camera", ""): row.video for row in together}


def session_mistakes(videos: Mapping[str, VideoRow], sheet: str) -> list[str]:
    """What keeps the videos of a session from being smoothed together."""
    mistakes = []
    for session, rows in videos_by_session(videos).items():
        where = f"{sheet}: session '{session}'"
        names = [row.video for row in rows]
        if len(rows) == 1:
            mistakes.append(
                f"{where}: only '{names[0]}' belongs to it; a session has two cameras or more"
            )
        cameras = [row.columns.get("camera", "") for row in rows]
        if "" in cameras:
            mistakes.append(f"{where}: '{names[cameras.index('')]}' has no camera")
        if len(set(cameras)) < len(rows):
            mistakes.append(f"{where}: two of {', '.join(names)} have the same camera")
        paths = [row.path for row in rows]
        if len(set(paths)) < len(rows):
            twice = next(path for path in paths if paths.count(path) > 1)
            mistakes.append(f"{where}: {twice} is the video of two cameras; give each its own")
        for column in ("model", "max_individuals"):
            values = {str(getattr(row, column)) for row in rows}
            if len(values) > 1:
                found = ", ".join(sorted(values))
                mistakes.append(f"{where}: its videos have the same {column}, not {found}")
        if any(row.max_individuals > 1 for row in rows):
            mistakes.append(
                f"{where}: several cameras are smoothed together for one animal only, as nothing "
                "tells which animal of one view is which of another; leave `session` empty"
            )
        files = {row.columns.get("camera_file", "") for row in rows}
        if len(files) > 1:
            mistakes.append(f"{where}: its videos have the same camera_file, not {len(files)}")
        mistakes += [f"{where}: {m}" for f in files if f for m in _camera_mistakes(f, cameras)]
    return mistakes


def _camera_mistakes(path: str, cameras: Sequence[str]) -> list[str]:
    """What keeps a calibration from being that of these cameras."""
    try:
        known = read_cameras(path)
    except SuperAnimalError as error:
        return [str(error)]
    return [
        f"{path} has no camera '{camera}'{did_you_mean(camera, list(known))}"
        for camera in cameras
        if camera and camera not in known
    ]
