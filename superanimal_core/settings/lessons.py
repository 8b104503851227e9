"""What a network learns from, by name: a study says it, and the job that trains does it."""


def lesson(*, has_context: bool, has_videos: bool) -> str:
    """The name of what a network is taught: alone or with neighboring frames, and videos beside."""
    if has_videos:
        return "neighbors_and_videos" if has_context else "labels_and_videos"
    return "labels_and_neighbors" if has_context else "labels"
