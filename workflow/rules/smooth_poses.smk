rule smooth_poses:
    """The answer: the ensemble, smoothed, with its uncertainty and the error to be expected."""
    input:
        predicted=f"results/videos/{{video}}/{LAST_PREDICTIONS}",
        others=other_views,
        camera_file=camera_file,
        calibration=calibration_of_video,
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
        code=code("smooth_poses"),
        method=config["smoothing"]["method"],
        smoothing=chosen_smoother(),
        lone=lone_network(),
        cameras=lambda wildcards: [*STUDY.views_of(wildcards.video)],
        views=view_settings,
    script:
        "../scripts/smooth_poses.py"
