rule measure_gait:
    """Strides of every limb, their summary, and the 90 % intervals of both."""
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
        gait=by("video", SETTINGS.gait),
        draws=by("video", SETTINGS.trajectory_draws),
    script:
        "../scripts/measure_gait.py"
