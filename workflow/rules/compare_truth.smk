rule compare_truth:
    """How far each stage is from the truth, for videos whose truth is known (column `truth`)."""
    input:
        truth=lambda wildcards: STUDY.videos[wildcards.video].columns["truth"],
        predicted=RESULTS + "/videos/{video}/predicted",
        adapted=(
            RESULTS + "/videos/{video}/adapted"
            if config["adaptation"]["enabled"]
            else []
        ),
        poses=RESULTS + "/videos/{video}/poses.parquet",
        strides=RESULTS + "/videos/{video}/strides.parquet",
        bouts=RESULTS + "/videos/{video}/bouts.parquet",
    output:
        truth=RESULTS + "/videos/{video}/truth.parquet",
    log:
        "logs/compare_truth/{video}.log",
    benchmark:
        "benchmarks/compare_truth/{video}.tsv"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("compare_truth"),
    script:
        "../scripts/compare_truth.py"
