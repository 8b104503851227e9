rule compare_truth:
    """How far each stage is from the truth, for videos whose truth is known (column `truth`)."""
    input:
        truth=by("video", GRAPH.truth),
        predicted="results/videos/{video}/predicted",
        adapted=by("video", GRAPH.adapted),
        poses="results/videos/{video}/poses.parquet",
        strides="results/videos/{video}/strides.parquet",
        bouts="results/videos/{video}/bouts.parquet",
    output:
        truth="results/videos/{video}/truth.parquet",
    log:
        "logs/compare_truth/{video}.log",
    benchmark:
        "benchmarks/compare_truth/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("compare_truth"),
        smoothing=SETTINGS.of("smoothing"),
    script:
        "../scripts/compare_truth.py"
