rule adaptation_table:
    """What adaptation did where the truth is known, and whether the judge was right: on request."""
    input:
        predicted=GRAPH.of_true_videos("predicted"),
        adapted=GRAPH.of_true_videos("adapted"),
        truth=lambda wildcards: as_input(GRAPH.known_truths()),
    output:
        table=update("results/adaptation/table.parquet"),
    log:
        "logs/adaptation_table/all.log",
    benchmark:
        "benchmarks/adaptation_table/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("adaptation_table"),
        sharing=lambda wildcards: ADAPTATION.sharing_of_true_videos(),
        min_score=config["adaptation"]["min_score"],
    script:
        "../scripts/adaptation_table.py"
