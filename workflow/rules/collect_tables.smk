rule collect_tables:
    """The tables of all videos, one each."""
    input:
        quality=per_video("quality.json"),
    output:
        poses=directory(RESULTS + "/tables/poses.parquet"),
        strides=RESULTS + "/tables/strides.parquet",
        gait=RESULTS + "/tables/gait.parquet",
        features=RESULTS + "/tables/features.parquet",
        bouts=RESULTS + "/tables/bouts.parquet",
        quality=RESULTS + "/tables/quality.parquet",
    log:
        "logs/collect_tables/all.log",
    benchmark:
        "benchmarks/collect_tables/all.tsv"
    params:
        code=code("collect_tables"),
    script:
        "../scripts/collect_tables.py"
