rule propose_conversion:
    """A conversion table for a data set that has none, to be reviewed: nothing else depends on it.

    The data set's role must not be `pretrain` yet, since the model has to be trained without it.
    """
    input:
        labels="results/datasets/{dataset}/labels.parquet",
        frames="results/datasets/{dataset}/frames",
        members=by("model", GRAPH.members),
    output:
        table="results/proposals/{model}/{dataset}.tsv",
        picture="results/proposals/{model}/{dataset}.png",
    log:
        "logs/propose_conversion/{model}/{dataset}.log",
    benchmark:
        "benchmarks/propose_conversion/{model}/{dataset}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("propose_conversion", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        inference=SETTINGS.of("inference", "batch", "precision"),
        box_margin=config["detector"]["box_margin"],
        animals=config["matching"]["animals"],
        limits=SETTINGS.of("matching", "min_score", "min_confidence"),
    message:
        "Proposing {output.table}: review every row, then commit it as "
        "config/keypoints/<space>/{wildcards.dataset}.tsv"
    script:
        "../scripts/propose_conversion.py"
