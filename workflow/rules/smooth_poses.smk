rule smooth_poses:
    """The answer: the ensemble, smoothed, with its uncertainty and the error to be expected."""
    input:
        predicted=by("video", GRAPH.last_predictions),
        others=by("video", GRAPH.other_views),
        camera_file=by("video", GRAPH.camera_file),
        calibration=by("video", STUDENTS.calibrations_of_video),
    output:
        poses="results/videos/{video}/poses.parquet",
    log:
        "logs/smooth_poses/{video}.log",
    benchmark:
        "benchmarks/smooth_poses/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("smooth_poses", lambda wildcards: SETTINGS.code_of_smoothing()),
        method=config["smoothing"]["method"],
        smoothing=SETTINGS.smoother(),
        cameras=by("video", SETTINGS.cameras),
        views=by("video", SETTINGS.views),
    script:
        "../scripts/smooth_poses.py"
