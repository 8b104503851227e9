"""Videos that need no adaptation, or cannot teach, are passed by before torch is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from superanimal_core.inference.adaptation_need import look_at_need
from superanimal_core.inference.verdicts import Verdict
from superanimal_core.smoothing.calibration import Calibration
from superanimal_core.tables.adapted_files import untaught_reason, write_unadapted
from superanimal_core.tables.pose_files import read_member_poses
from superanimal_core.tables.spaces import read_taught


def pass_by(
    when: str,
    predicted: str,
    folder: str,
    record: Mapping[str, object],
    calibration: Calibration | None,
    networks: Sequence[str] = (),
    *,
    min_score: float,
) -> bool:
    """Whether a video was passed by; its predictions are then those of before, with the reason.

    `when` is 'needed' (a cheap look decides) or 'always' (none is). `networks` are the folders of
    those that learned of several videos together: with ones that learned nothing all is as before.
    """
    untaught = untaught_reason(networks)
    if untaught:
        print(untaught)
        verdict = Verdict(False, untaught, is_tried=False)
        write_unadapted(predicted, folder, record, asdict(verdict))
        return True
    if when == "always":
        return False
    members = read_member_poses(predicted)
    is_taught = np.isin(members[0].space.keypoints, read_taught(predicted))
    look = look_at_need(members, is_taught, calibration, min_score=min_score)
    print(look.reason)
    if look.is_worth_it:
        return False
    verdict = Verdict(False, look.reason, vouched_fraction=look.vouched_fraction, is_tried=False)
    write_unadapted(predicted, folder, record, asdict(verdict))
    return True
