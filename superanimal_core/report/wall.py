"""The wall of pictures: some frames of each video with its poses, the worst videos first."""

from collections.abc import Mapping, Sequence

from superanimal_core.report.cells import number
from superanimal_core.report.cohort import worst_first
from superanimal_core.report.label_pictures import embedded_jpeg
from superanimal_core.report.results import Row


def wall(videos: Sequence[Row], stills: Mapping[str, Sequence[Row]]) -> dict[str, object]:
    """Pictures of the videos that have some, and how many videos have none.

    `videos` are the rows of the quality table, `stills` those of stills.parquet by video.
    """
    shown = [video for video in worst_first(videos) if stills.get(video["video"])]
    return {
        "videos": [
            {
                **{key: video[key] for key in ("video", "status", "reason")},
                "stills": _stills(stills[video["video"]], video["video"]),
            }
            for video in shown
        ],
        "left_out": sum(video["status"] != "failed" for video in videos) - len(shown),
    }


def _stills(rows: Sequence[Row], video: str) -> list[dict[str, object]]:
    """One picture for each frame, with all that it shows."""
    frames: dict[int, list[Row]] = {}
    for row in rows:
        frames.setdefault(row["frame"], []).append(row)
    return [
        {
            "shows": ", ".join(str(row["shows"]) for row in same),
            "picture": embedded_jpeg(same[0]["picture"], f"{video}, frame {frame}"),
            "frame": f"{frame:,}",
            "time_s": number(same[0]["time_s"], 2),
            "score": number(same[0]["score"], 2),
            "radius_px": number(same[0]["radius_px"], 1),
        }
        for frame, same in frames.items()
    ]
