rule collect_classified:
    """What a classifier found in all videos: bouts, and their number and time by video."""
    input:
        accounts=by("classifier", CLASSIFIERS.accounts),
        bouts=by("classifier", CLASSIFIERS.classified),
    output:
        bouts=update("results/tables/classified/{classifier}.parquet"),
        videos=update("results/tables/classified/{classifier}-videos.parquet"),
    log:
        "logs/collect_classified/{classifier}.log",
    benchmark:
        "benchmarks/collect_classified/{classifier}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("collect_classified"),
        settings=by("classifier", CLASSIFIERS.settings),
    script:
        "../scripts/collect_classified.py"
