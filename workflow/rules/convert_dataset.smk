rule convert_dataset:
    """A foreign data set as one long table, in its own keypoints and in original pixels."""
    input:
        files=by("dataset", GRAPH.dataset_files),
    output:
        labels=update("results/datasets/{dataset}/labels.parquet"),
        frames=update(directory("results/datasets/{dataset}/frames")),
    log:
        "logs/convert_dataset/{dataset}.log",
    benchmark:
        "benchmarks/convert_dataset/{dataset}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("convert_dataset", by("dataset", SETTINGS.code_of_dataset)),
        format=lambda wildcards: STUDY.datasets[wildcards.dataset].format,
    script:
        "../scripts/convert_dataset.py"
