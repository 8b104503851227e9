"""Predict the poses of a video with every member of an ensemble."""

from superanimal_core.jobs.step import pass_failure_on, video_step

pass_failure_on(snakemake)  # before torch is imported

import numpy as np

from superanimal_core.inference.detect import detect_again
from superanimal_core.inference.predict import Redetection
from superanimal_core.jobs.chunked_poses import predict_resumably
from superanimal_core.models.bundles import read_detector, read_member_bundles
from superanimal_core.network.devices import use_device
from superanimal_core.tables.video_tables import read_box_scores, read_boxes, read_times

with video_step(snakemake) as record:
    device = use_device(snakemake.threads, seed=0)
    scores, least = read_box_scores(snakemake.input.boxes), snakemake.params.min_box_score
    again = None
    if snakemake.input.detector:
        detector = read_detector(snakemake.input.detector)
        again = Redetection(detect_again(detector, least, device), is_detected=np.isfinite(scores))
    used = snakemake.output.get("boxes")
    predict_resumably(
        read_member_bundles(snakemake.input.members),
        snakemake.input.members,
        snakemake.input.video,
        read_boxes(snakemake.input.boxes),
        read_times(snakemake.input.frames),
        snakemake.output.predicted,
        record,
        chunk_frames=snakemake.config["inference"]["chunk_frames"],
        device=device,
        again=again,
        boxes_used=(used, scores) if used else None,
        **snakemake.params.inference,
    )
