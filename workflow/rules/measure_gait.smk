rule measure_gait:
    """Strides of every limb, and their summary."""
    input:
        poses="results/videos/{video}/poses.parquet",
    output:
        strides="results/videos/{video}/strides.parquet",
        gait="results/videos/{video}/gait.parquet",
    log:
        "logs/measure_gait/{video}.log",
    benchmark:
        "benchmarks/measure_gait/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("measure_gait"),
        feet=feet,
        gait={k: v for k, v in config["gait"].items() if k not in ("limbs", "body")},
        cm_per_px=of_video("cm_per_px"),
    script:
        "../scripts/measure_gait.py"
