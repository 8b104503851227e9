"""Foreign labels in, one keypoint space out. Knows no path, opens no file.

`PARSERS` is the whole plug-in system: the format name in config/datasets.tsv -> the function that
turns such a data set into `Labels` in the source's own keypoints.
"""

from collections.abc import Callable

from superanimal_core.datasets.coco import parse_coco
from superanimal_core.datasets.cvat import parse_cvat
from superanimal_core.datasets.deeplabcut import parse_deeplabcut
from superanimal_core.datasets.deeplabcut_tracks import parse_deeplabcut_tracks
from superanimal_core.datasets.folder import DatasetFolder
from superanimal_core.datasets.label_studio import parse_label_studio
from superanimal_core.datasets.lightning_pose import parse_lightning_pose
from superanimal_core.datasets.long_table import parse_long_table
from superanimal_core.datasets.nwb import parse_nwb
from superanimal_core.datasets.sleap import parse_sleap
from superanimal_core.datasets.sleap_analysis import parse_sleap_analysis
from superanimal_core.datasets.stanford_extra import parse_stanford_extra
from superanimal_core.pose.labels import Labels

Parser = Callable[[str, DatasetFolder], Labels]

PARSERS: dict[str, Parser] = {
    "coco": parse_coco,
    "cvat": parse_cvat,
    "deeplabcut": parse_deeplabcut,
    "deeplabcut_tracks": parse_deeplabcut_tracks,
    "label_studio": parse_label_studio,
    "lightning_pose": parse_lightning_pose,
    "long_table": parse_long_table,
    "nwb": parse_nwb,
    "sleap": parse_sleap,
    "sleap_analysis": parse_sleap_analysis,
    "stanford_extra": parse_stanford_extra,
}
