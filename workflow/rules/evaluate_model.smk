rule evaluate_model:
    """What a model's members see on labels that they have not seen, and their errors."""
    input:
        members=lambda wildcards: expand(
            "results/models/{model}/member-{seed}",
            model=wildcards.model,
            seed=config["models"][wildcards.model]["seeds"],
        ),
        unified=unified(*ROLES),
    output:
        evaluation=update("results/models/{model}/evaluation.parquet"),
        held_out=update("results/models/{model}/held_out.parquet"),
    log:
        "logs/evaluate_model/{model}.log",
    benchmark:
        "benchmarks/evaluate_model/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("evaluate_model"),
        pictures=PICTURES,
        inference=setting("inference", "batch", "precision"),
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/evaluate_model.py"
