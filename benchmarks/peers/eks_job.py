"""Runs one job with ensemble-kalman-smoother, in its own environment; prints seconds per repeat."""

import json
import os
import sys
import time
from pathlib import Path

job, folder, repeats = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
kind, strength = job.rsplit("_", 1)
files = sorted(str(p) for p in (folder / kind.removesuffix("arrays").split("_")[0]).glob("*.csv"))
fixed = [10.0] if strength == "fixed" else None

from eks.marker_array import input_dfs_to_markerArray  # noqa: E402
from eks.multicam_smoother import fit_eks_multicam  # noqa: E402
from eks.singlecam_smoother import (  # noqa: E402
    ensemble_kalman_smoother_singlecam,
    fit_eks_singlecam,
)
from eks.utils import format_data  # noqa: E402

if kind == "singlearrays":
    tables, keypoints = format_data(files)
    markers = input_dfs_to_markerArray([tables], keypoints, [""])


def run():
    """One complete job, csv in, csv out (or arrays in, arrays out)."""
    if kind == "singlearrays":
        ensemble_kalman_smoother_singlecam(markers, keypoints, smooth_param=fixed)
        return
    if kind == "single":
        fit_eks_singlecam(files, str(folder / "peer.csv"), smooth_param=fixed)
        return
    fit_eks_multicam(
        files,
        str(folder / "peer"),
        smooth_param=fixed,
        bodypart_list=["a", "b"],
        camera_names=["left", "middle", "right"],
        quantile_keep_pca=95,
        inflate_vars=kind == "multi",
        calibration=str(folder / "calibration.toml") if kind == "multi_calibrated" else None,
    )


os.makedirs(folder / "peer", exist_ok=True)
seconds = []
for _ in range(repeats):
    start = time.perf_counter()
    run()
    seconds.append(time.perf_counter() - start)
print("RESULT " + json.dumps(seconds))
