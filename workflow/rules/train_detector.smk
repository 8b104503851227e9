rule train_detector:
    """A detector of the animals of a model; it starts from what the first member has learned."""
    input:
        unified=unified("pretrain"),
        weights=start_of_detector,
    output:
        detector=update(directory("results/models/{model}/detector")),
    log:
        "logs/train_detector/{model}.log",
    benchmark:
        "benchmarks/train_detector/{model}.tsv"
    wildcard_constraints:
        model=models_whose(detector_weights=False),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("train_detector"),
        pictures=PICTURES,
        model=lambda wildcards: {
            key: model_settings(wildcards)[key]
            for key in ("backbone", "detector_size_px", "mean", "std")
        },
        detector=setting("detector", "steps", "batch", "learning_rate"),
        box_margin=config["detector"]["box_margin"],
        augment={
            **config["augment"],
            "rotation_deg": 0.0,
            "scale": config["detector"]["scale"],
        },
    script:
        "../scripts/train_detector.py"
