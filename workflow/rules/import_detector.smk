rule import_detector:
    """The detector of a model whose detector comes from elsewhere."""
    input:
        weights=by("model", GRAPH.weights, "detector_weights"),
    output:
        detector=update(directory("results/models/{model}/detector")),
    log:
        "logs/import_detector/{model}.log",
    benchmark:
        "benchmarks/import_detector/{model}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(detector_weights=True),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("import_detector"),
        normalize_twice=config["detector"]["normalize_twice"],
    script:
        "../scripts/import_detector.py"
