rule train_detector:
    """A detector of the animals of a model; it starts from what the first member has learned."""
    input:
        unified=unified("pretrain"),
        member=lambda wildcards: (
            f"results/models/{wildcards.model}/member-{model_settings(wildcards)['seeds'][0]}"
        ),
    output:
        detector=directory("results/models/{model}/detector"),
    log:
        "logs/train_detector/{model}.log",
    benchmark:
        "benchmarks/train_detector/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("train_detector"),
        size_px=lambda wildcards: model_settings(wildcards)["detector_size_px"],
        detector=setting("detector", "steps", "batch", "learning_rate"),
        box_margin=config["detector"]["box_margin"],
        augment={
            **config["augment"],
            "rotation_deg": 0.0,
            "scale": config["detector"]["scale"],
        },
    script:
        "../scripts/train_detector.py"
