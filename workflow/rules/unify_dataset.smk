rule unify_dataset:
    """A data set in the unified keypoint space, divided into training and test."""
    input:
        labels="results/datasets/{dataset}/labels.parquet",
        own=lambda wildcards: [
            path for path in tables_of_dataset(wildcards) if not is_shipped(path)
        ],
    output:
        unified="results/datasets/{dataset}/unified.parquet",
    log:
        "logs/unify_dataset/{dataset}.log",
    benchmark:
        "benchmarks/unify_dataset/{dataset}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("unify_dataset"),
        labels=setting("labels"),
        tables=lambda wildcards: [
            relative_to_workflow(path) for path in tables_of_dataset(wildcards)
        ],
        shipped=lambda wildcards: shipped_digest(tables_of_dataset(wildcards)),
    script:
        "../scripts/unify_dataset.py"
