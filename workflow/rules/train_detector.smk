rule train_detector:
    """A detector of the animals of a model; it starts from what the first member has learned."""
    input:
        unified=by("model", GRAPH.unified, "pretrain"),
        weights=by("model", GRAPH.start_of_detector),
    output:
        detector=update(directory("results/models/{model}/detector")),
    log:
        "logs/train_detector/{model}.log",
    benchmark:
        "benchmarks/train_detector/{model}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(
            detector_weights=False, fine_tune=False, student_of=False
        ),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("train_detector", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        model=by("model", SETTINGS.detector_network),
        detector=SETTINGS.of("detector", "steps", "batch", "learning_rate"),
        box_margin=config["detector"]["box_margin"],
        augment=SETTINGS.detector_augment(),
    script:
        "../scripts/train_detector.py"
