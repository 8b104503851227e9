rule find_repeats:
    """Pictures that stand twice, in one data set or in two: they leak from training into test."""
    input:
        pictures=GRAPH.per_dataset("pictures.parquet"),
    output:
        repeats=update("results/datasets/repeats.parquet"),
    log:
        "logs/find_repeats/all.log",
    benchmark:
        "benchmarks/find_repeats/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("find_repeats"),
        max_difference=config["audit"]["picture_difference"],
        evaluated=[d.dataset for d in STUDY.datasets.values() if d.role == "evaluate"],
    script:
        "../scripts/find_repeats.py"
