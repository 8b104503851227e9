rule fingerprint_pictures:
    """Digest and thumbnail of every labeled picture of a data set."""
    input:
        unified="results/datasets/{dataset}/unified.parquet",
        frames="results/datasets/{dataset}/frames",
    output:
        pictures=update("results/datasets/{dataset}/pictures.parquet"),
    log:
        "logs/fingerprint_pictures/{dataset}.log",
    benchmark:
        "benchmarks/fingerprint_pictures/{dataset}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("fingerprint_pictures"),
        pictures=PICTURES,
    script:
        "../scripts/fingerprint_pictures.py"
