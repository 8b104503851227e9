rule smooth_poses:
    """The answer: the ensemble, smoothed, with its uncertainty and the error to be expected."""
    input:
        predicted="results/videos/{video}/"
        + ("adapted" if config["adaptation"]["enabled"] else "predicted"),
        calibration=lambda wildcards: (
            f"results/models/{of_video('model')(wildcards)}/calibration.parquet"
        ),
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
    script:
        "../scripts/smooth_poses.py"
