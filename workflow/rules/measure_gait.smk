rule measure_gait:
    """Strides, walks and limbs of every animal, and the 90 % intervals of each."""
    input:
        poses="results/videos/{video}/poses.parquet",
    output:
        strides="results/videos/{video}/strides.parquet",
        walks="results/videos/{video}/walks.parquet",
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
