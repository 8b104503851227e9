rule unify_dataset:
    """A data set in the unified keypoint space, divided into training and test."""
    input:
        labels="results/datasets/{dataset}/labels.parquet",
        conversion=by("dataset", GRAPH.conversion),
        space=by("dataset", GRAPH.space_of_dataset),
    output:
        unified=update("results/datasets/{dataset}/unified.parquet"),
    log:
        "logs/unify_dataset/{dataset}.log",
    benchmark:
        "benchmarks/unify_dataset/{dataset}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("unify_dataset"),
        labels=SETTINGS.of("labels"),
    script:
        "../scripts/unify_dataset.py"
