rule evaluate_model:
    """What a model's members see on unseen labels, and their errors, in its detector's boxes too."""
    input:
        members=by("model", GRAPH.members),
        trained=by("model", GRAPH.unified, "pretrain", "fine_tune"),
        evaluated=by("model", GRAPH.unified, "evaluate"),
        detector=by("model", GRAPH.detector),
    output:
        evaluation=update("results/models/{model}/evaluation.parquet"),
        held_out=update("results/models/{model}/held_out.parquet"),
    log:
        "logs/evaluate_model/{model}.log",
    benchmark:
        "benchmarks/evaluate_model/{model}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(predictions=False),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("evaluate_model", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        inference=SETTINGS.of("inference", "batch", "precision", "scales", "flip"),
        box_margin=config["detector"]["box_margin"],
        min_box_score=config["detector"]["min_score"],
    script:
        "../scripts/evaluate_model.py"
