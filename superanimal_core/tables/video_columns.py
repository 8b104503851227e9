"""Every column of every table of one video, with its meaning: the reference is made from this.

Units stand in names: `_px` pixels of the original video, `_cm`, `_s` seconds, `_hz`, `_rad`, `_bl`
body lengths, `_fraction` a part of 1. Endings are explained once: `_sd` (standard deviation),
`_mean`, `_median`, `_low` and `_high` (ends of a 90 % interval). Standard library only: the
Snakefile knows names of columns from here.
"""

from collections.abc import Mapping

Columns = Mapping[str, str]

FRAME = {
    "frame": "number of the frame, from 0",
    "time_s": "its time from the file's start, as ffmpeg counts",
}
INDIVIDUAL = {"individual": "animal0, animal1, … of this video"}
KEYPOINT = INDIVIDUAL | {"keypoint": "name in the keypoint space"}

FRAMES = FRAME | {
    "is_decoded": "false where the frame is damaged",
    "is_estimated_time": "true where the time stamp was missing or contradicts the others",
}
BOXES = (
    FRAME
    | INDIVIDUAL
    | {
        "x0_px": "left side of the box",
        "y0_px": "upper side",
        "x1_px": "right side",
        "y1_px": "lower side",
        "score": "the detector's; NaN where the box is not its own",
        "source": "detected, interpolated, found again (a pose spoke against its box), around the "
        "pose (of predictions that were brought) or none",
    }
)
PREDICTED = (
    FRAME
    | KEYPOINT
    | {
        "x_px": "from the left",
        "y_px": "from the top; the center of the top-left pixel is (0.5, 0.5)",
        "score": "0 to 1: how sure the network is",
    }
)
POSES = PREDICTED | {
    "x_raw_px": "center of the members before smoothing",
    "y_raw_px": "the same",
    "x_var_px2": "posterior variance of the smoother, 0 for methods without one; too small as an "
    "error, since networks err together: use radius_90_px",
    "y_var_px2": "the same",
    "x_ensemble_var_px2": "variance of the members around their center",
    "y_ensemble_var_px2": "the same",
    "members": "how many networks saw the keypoint",
    "evidence": "seen (by a network), bridged (from frames before and after, or from other views), "
    "absent (no position) or untaught (none, and no network was taught the keypoint)",
    "expected_error_px": "expected distance from where a person would click; NaN: not calibrated, "
    "or of a keypoint that no network saw anywhere in the video",
    "radius_50_px": "a circle around the position that holds it in 50 % of all cases",
    "radius_90_px": "in 90 %",
    "probability": "that the keypoint is there, and no further away than probability_within_px "
    "of the file's metadata; calibrated, unlike score",
    "is_extrapolated": "true where the animal is unlike anything that was labeled: then circles "
    "and probability rest on pictures that were disturbed, not on labels; false where nobody can "
    "tell (tells_strangeness in the file's metadata: too few labeled animals)",
}
DRAWS = "trajectories, drawn as likely as the smoothed one, in which"
NO_INTERVAL = "no draws (not calibrated, a very short video, or none asked for)"
OTHER = "other strides (the draws find half as many more or fewer)"
SELDOM = "seldom found (in less than half of the draws)"
STILLS = {
    "shows": "best, median, worst (by score) or most uncertain (by its circles)",
    "frame": "its number",
    "time_s": "its time from the file's start",
    "score": "of its least sure animal: mean over the keypoints that the video shows at all",
    "radius_px": "median radius of its circles of 90 %; not calibrated: how far networks differ",
    "picture": "JPEG: poses drawn into the frame",
}
FILE = {
    "container_frames": "frames that the file's header promises",
    "packets_without_frame": "packets that gave none",
    "lost_at_frame": "where the first of them was; 0: before the first frame, or none",
    "frames_left_out": "by the time stamps",
    "left_out_after_frame": "after which frame the first of them is missing",
    "missing_end_s": "how much earlier the frames end than the header says",
    "is_torn": "the file ends in the middle of a frame",
    "is_estimated_time": "some time stamps were estimated",
    "estimated_times": "how many",
    "first_frame_s": "time of the first frame; later than 0 where sound comes first",
    "video_streams": "videos in the file; the first is read",
    "fps": "frames over the time that they cover (Hz)",
    "width_px": "of a frame as shown",
    "height_px": "the same",
}
LOOKS = "frames_looked_at"  # in the metadata of boxes.parquet, too
QUALITY = (
    {
        "video": "identifier of the sheet",
        "status": "ok, flagged or failed",
        "stage": "the rule at which a failed video failed",
        "reason": "one sentence: why it failed, or what is doubtful",
        "file": "name of the video's file",
    }
    | FILE
    | {
        "frames_decoded": "whole ones",
        "frames_damaged": "the others",
        "frames_predicted": "with a pose",
        "duration_s": "from the first frame to the end of the last, as bouts end",
        "frames_without_animal": "the others; when, stands in the video's quality.json",
        "absent_fraction": "the same as a part",
        "keypoints_seen": "keypoints that the video shows at all",
        "mean_score": "of those",
        "keypoints_untaught": "keypoints of the space that no network was taught",
        "dropped_keypoints_per_frame": "taught ones of an animal that are absent or score below "
        "quality.min_score",
        "dropped_fraction": "the same as a part of the taught ones, where the animal has a pose",
        "jitter_raw_px": "before smoothing: mean |x(t+1) - x(t)| per coordinate (Ye et al. 2024)",
        "jitter_px": "after smoothing",
        "median_uncertainty_px": "standard deviation that smoothing claims, mostly less than the "
        "error: networks err together; see the next one",
        "median_expected_error_px": "NaN: not calibrated",
        "expected_error_of_size": "the same in parts of the animal's longer side",
        "held_out_error_of_size": "median error of the model on held-out labels, in the same "
        "parts, where these are too few to calibrate",
        "held_out_labels": "how many they are",
        "extrapolated_fraction": "of the frames with a pose: unlike anything that was labeled; "
        "empty where fewer than 20 labeled animals cannot tell",
        "keypoints_fallen_back": "whose residuals contradict the smoother: smoothed more simply",
        "gaps": "in the track of an animal, too long to bridge",
        "longest_gap_s": "the longest of them",
        "strides": "rows of strides.parquet",
        "bouts": "rows of bouts.parquet",
        "limbs_out_of_step": "limbs that strike far more or less often than the animal's others",
        LOOKS: "by the detector; 0 where none is asked",
        "remarks": "what holds for every video of the study and makes none doubtful",
        "smoother": "what smoothed the taught keypoints, and how many (of all animals)",
        "adapted_members": "networks whose adaptation was kept",
        "tried_members": "networks that were adapted and judged; the others needed it not, or had "
        "nothing to learn from",
        "adaptation_jitter_ratio": "after / before on held-out frames, median over the tried",
        "adaptation_vouched_fraction": "of their animals, that other networks vouch for",
        "adaptation_astray_fraction": "of what networks agreed on, that is then said otherwise",
        "adaptation_distance_ratio": "distance from what others agree on, after / before",
        "adaptation_reason": "why, of the first network",
    }
)
VIDEOS = {"video": "identifier of the sheet", "file": "name of the video's file"}
ENDINGS = {
    "_sd": "standard deviation: in gait over the strides, elsewhere what the expected error of the "
    "positions implies; NaN: not calibrated",
    "_mean": "mean over the strides",
    "_median": "median over the strides",
    "_low": "lower end of the 90 % interval; NaN: see no_interval_because; of a phase it may lie "
    "below 0, and the upper one above 1",
    "_high": "upper end",
}
