rule train_classifier:
    """A classifier of behaviors that people marked, judged on animals that were left out."""
    input:
        features=by("classifier", CLASSIFIERS.features),
        labels=by("classifier", CLASSIFIERS.labels),
    output:
        classifier=update(directory("results/classifiers/{classifier}")),
    log:
        "logs/train_classifier/{classifier}.log",
    benchmark:
        "benchmarks/train_classifier/{classifier}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("train_classifier"),
        rows=by("classifier", CLASSIFIERS.rows),
        animals=by("classifier", CLASSIFIERS.animals),
        settings=by("classifier", CLASSIFIERS.settings),
    script:
        "../scripts/train_classifier.py"
