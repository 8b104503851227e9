rule evaluate_model:
    """Errors of a model's members on labels that they have not seen."""
    input:
        members=lambda wildcards: expand(
            "results/models/{model}/member-{seed}",
            model=wildcards.model,
            seed=config["models"][wildcards.model]["seeds"],
        ),
        unified=unified("pretrain", "evaluate"),
    output:
        evaluation="results/models/{model}/evaluation.parquet",
    log:
        "logs/evaluate_model/{model}.log",
    benchmark:
        "benchmarks/evaluate_model/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("evaluate_model"),
        inference=setting("inference"),
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/evaluate_model.py"
