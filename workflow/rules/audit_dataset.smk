rule audit_dataset:
    """Suspected mistakes in the labels of a data set, one row each. Nothing is changed."""
    input:
        unified="results/datasets/{dataset}/unified.parquet",
        of_space=by("dataset", GRAPH.unified_like),
    output:
        audit=update("results/datasets/{dataset}/audit.parquet"),
    log:
        "logs/audit_dataset/{dataset}.log",
    benchmark:
        "benchmarks/audit_dataset/{dataset}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("audit_dataset"),
        limits=SETTINGS.of("audit", *AUDIT_LIMITS),
    script:
        "../scripts/audit_dataset.py"
