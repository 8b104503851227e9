rule compute_features:
    """One row of features per frame and individual."""
    input:
        poses="results/videos/{video}/poses.parquet",
    output:
        features="results/videos/{video}/features.parquet",
    log:
        "logs/compute_features/{video}.log",
    benchmark:
        "benchmarks/compute_features/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("compute_features"),
        anatomy=anatomy,
        window_s=config["features"]["window_s"],
        cm_per_px=of_video("cm_per_px"),
    script:
        "../scripts/compute_features.py"
