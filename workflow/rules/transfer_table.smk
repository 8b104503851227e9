rule transfer_table:
    """What pretraining saves in labels, and what fine-tuning forgets: on request only."""
    input:
        rows=TRANSFER.rows(),
    output:
        table=update("results/transfer/table.parquet"),
        plots=update(directory("results/transfer/plots")),
    log:
        "logs/transfer_table/all.log",
    benchmark:
        "benchmarks/transfer_table/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("transfer_table"),
    script:
        "../scripts/transfer_table.py"
