"""The predictions of all views of one session."""

from collections.abc import Sequence

from superanimal_core.errors import VideoError
from superanimal_core.pose.poses import Poses
from superanimal_core.tables.pose_files import read_member_poses


def read_views(cameras: Sequence[str], folders: Sequence[str]) -> dict[str, list[Poses]]:
    """The members of each camera, from the folders of their predictions, one's own first.

    Another view whose video has failed is left out; VideoError when one's own has.
    """
    views = {cameras[0]: read_member_poses(folders[0])}
    for camera, folder in zip(cameras[1:], folders[1:], strict=True):
        try:
            views[camera] = read_member_poses(folder)
        except VideoError:  # that video tells its failure itself; here one view less is known
            continue
    return views
