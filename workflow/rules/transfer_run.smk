rule transfer_run:
    """A cell of the transfer table: trained on some labels of a data set, and evaluated."""
    input:
        parent=lambda wildcards: TRANSFER.parent(
            wildcards.model, wildcards.mode, int(wildcards.seed)
        ),
        weights=by("model", GRAPH.weights, "initial_weights"),
        unified="results/datasets/{dataset}/unified.parquet",
        pretrained_on=by("model", GRAPH.unified, "pretrain"),
    output:
        row=update(
            "results/transfer/{model}/{dataset}/{mode}-{fraction}/seed-{seed}.parquet"
        ),
    log:
        "logs/transfer_run/{model}-{dataset}-{mode}-{fraction}-{seed}.log",
    benchmark:
        "benchmarks/transfer_run/{model}-{dataset}-{mode}-{fraction}-{seed}.tsv"
    wildcard_constraints:
        mode="[a-z_]+",
        fraction="[0-9.]+",
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("transfer_run", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        training=by("mode", SETTINGS.fine_tuning),
        augment=SETTINGS.augment(),
        replay=SETTINGS.of("fine_tuning", "min_score", "min_overlap"),
        inference=SETTINGS.of("inference", "batch", "precision"),
        box_margin=config["detector"]["box_margin"],
        min_score=config["quality"]["min_score"],
    script:
        "../scripts/transfer_run.py"
