rule convert_dataset:
    """A foreign data set as one long table, in its own keypoints and in original pixels."""
    input:
        lambda wildcards: STUDY.datasets[wildcards.dataset].path,
    output:
        labels=RESULTS + "/datasets/{dataset}/labels.parquet",
        frames=directory(RESULTS + "/datasets/{dataset}/frames"),
    log:
        "logs/convert_dataset/{dataset}.log",
    benchmark:
        "benchmarks/convert_dataset/{dataset}.tsv"
    params:
        code=code("convert_dataset"),
        format=lambda wildcards: STUDY.datasets[wildcards.dataset].format,
    script:
        "../scripts/convert_dataset.py"
