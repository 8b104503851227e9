rule collect_tables:
    """The tables of all videos, one each."""
    input:
        quality=per_video("quality.json"),
    output:
        poses=directory("results/tables/poses.parquet"),
        strides="results/tables/strides.parquet",
        gait="results/tables/gait.parquet",
        features="results/tables/features.parquet",
        bouts="results/tables/bouts.parquet",
        quality="results/tables/quality.parquet",
    log:
        "logs/collect_tables/all.log",
    benchmark:
        "benchmarks/collect_tables/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("collect_tables"),
    script:
        "../scripts/collect_tables.py"
