rule quantize_network:
    """A network in int8, calibrated on labeled animals, and how far that moves its keypoints."""
    input:
        member="results/models/{model}/member-{seed}",
        labels=by("model", QUANTIZED.labels),
    output:
        quantized=update(directory("results/models/{model}/quantized/member-{seed}")),
    log:
        "logs/quantize_network/{model}-{seed}.log",
    benchmark:
        "benchmarks/quantize_network/{model}-{seed}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(predictions=False),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("quantize_network", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        engine=config["inference"]["engine"],
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/quantize_network.py"
