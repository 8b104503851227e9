rule describe_behavior:
    """One row of features per frame and individual, and the bouts of behavior in them."""
    input:
        poses="results/videos/{video}/poses.parquet",
    output:
        features="results/videos/{video}/features.parquet",
        bouts="results/videos/{video}/bouts.parquet",
    log:
        "logs/describe_behavior/{video}.log",
    benchmark:
        "benchmarks/describe_behavior/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("describe_behavior"),
        anatomy=by("video", SETTINGS.anatomy),
        window_s=config["features"]["window_s"],
        groups=by("video", SETTINGS.feature_groups),
        arena=by("video", SETTINGS.arena),
        cm_per_px=by("video", SETTINGS.cm_per_px),
        definitions=by("video", SETTINGS.behaviors),
        draws=SETTINGS.behavior_draws(),
    script:
        "../scripts/describe_behavior.py"
