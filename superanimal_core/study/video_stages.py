"""The stages of a video: which rule makes which file of it last."""

from superanimal_core.study.products import ACCOUNT

STAGES = {  # rule: the file or folder of a video that it makes last
    "probe_video": "frames.parquet",
    "predict_poses": "boxes.parquet",
    "adapt_to_video": "adapted",
    "smooth_poses": "poses.parquet",
    "measure_gait": "gait.parquet",
    "describe_behavior": "features.parquet",
    "check_video": ACCOUNT,
}
SAME_STAGE = {"read_predictions": "predict_poses"}  # of videos whose predictions were brought
