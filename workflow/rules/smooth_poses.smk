def chosen_smoother():
    """What every method needs and the settings of the chosen one: the others re-run nothing."""
    own = config["smoothing"].get(config["smoothing"]["method"], {})
    return setting("smoothing", "center", "min_score") | own


rule smooth_poses:
    """The answer: the ensemble, smoothed, with its uncertainty."""
    input:
        predicted=RESULTS
        + "/videos/{video}/"
        + ("adapted" if config["adaptation"]["enabled"] else "predicted"),
    output:
        poses=RESULTS + "/videos/{video}/poses.parquet",
    log:
        "logs/smooth_poses/{video}.log",
    benchmark:
        "benchmarks/smooth_poses/{video}.tsv"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("smooth_poses"),
        method=config["smoothing"]["method"],
        smoothing=chosen_smoother(),
    script:
        "../scripts/smooth_poses.py"
