rule count_labels:
    """How many labels, in which state, each data set has of each keypoint."""
    input:
        unified=GRAPH.per_dataset("unified.parquet"),
    output:
        coverage=update("results/datasets/coverage.parquet"),
    log:
        "logs/count_labels/all.log",
    benchmark:
        "benchmarks/count_labels/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("count_labels"),
    script:
        "../scripts/count_labels.py"
