"""Videos of one session: the columns `session`, `camera` and `camera_file` of the sheet."""

from collections.abc import Mapping, Sequence

from superanimal_core.errors import SuperAnimalError
from superanimal_core.formats.camera_files import read_cameras
from superanimal_core.pose.keypoints import did_you_mean
from superanimal_core.smoothing.cameras import Camera
from superanimal_core.study.study_rows import VideoRow

ROUNDING = 1e-6  # of their distance from the world's origin


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
        files = {row.columns.get("camera_file", ""): row.video for row in rows[::-1]}
        if len(files) > 1:
            mistakes.append(f"{where}: {_unlike_files(files)}")
        mistakes += [f"{where}: {m}" for f in files if f for m in _camera_mistakes(f, cameras)]
    return mistakes


def _unlike_files(files: Mapping[str, str]) -> str:
    """What is wrong with several calibrations of one session; a video of each is known."""
    some = {file: video for file, video in files.items() if file}
    if len(some) > 1:
        return f"its videos have the same camera_file, not {', '.join(sorted(some))}"
    ((file, video),) = some.items()
    return (
        f"'{video}' has the camera_file {file}, '{files['']}' has none; all videos of a session "
        "have the same"
    )


def _camera_mistakes(path: str, cameras: Sequence[str]) -> list[str]:
    """What keeps a calibration from being that of these cameras."""
    try:
        known = read_cameras(path)
    except SuperAnimalError as error:
        return [str(error)]
    own = [known[camera] for camera in dict.fromkeys(cameras) if camera in known]
    if len(own) > 1 and _stand_at_one_place(own):
        names = ", ".join(camera.name for camera in own)
        return [f"{path}: {names} stand at one place, from where no depth is seen; calibrate again"]
    return [
        f"{path} has no camera '{camera}'{did_you_mean(camera, list(known))}"
        for camera in cameras
        if camera and camera not in known
    ]


def _stand_at_one_place(cameras: Sequence[Camera]) -> bool:
    """Whether the centers of cameras are the same but for rounding."""
    places = [-camera.rotation.T @ camera.translation for camera in cameras]
    from_origin = max(float(abs(place).max()) for place in places)
    return all(float(abs(p - places[0]).max()) <= ROUNDING * from_origin for p in places)
