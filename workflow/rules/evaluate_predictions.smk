rule evaluate_predictions:
    """How far off another program's predictions are, on labels of their frames."""
    input:
        evaluated=by("model", GRAPH.unified, "evaluate"),
        predicted=by("model", BROUGHT.labeled),
    output:
        evaluation=update("results/models/{model}/evaluation.parquet"),
        held_out=update("results/models/{model}/held_out.parquet"),
    log:
        "logs/evaluate_predictions/{model}.log",
    benchmark:
        "benchmarks/evaluate_predictions/{model}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(predictions=True),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("evaluate_predictions"),
        names=by("model", BROUGHT.names_in_labels),
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/evaluate_predictions.py"
