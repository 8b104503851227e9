rule collect_tables:
    """The tables of all videos, one each."""
    input:
        quality=GRAPH.accounts(),
    output:
        **{
            name: update(directory(path) if name == "poses" else path)
            for name, path in of_cohort().items()
        },
    log:
        "logs/collect_tables/all.log",
    benchmark:
        "benchmarks/collect_tables/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("collect_tables"),
    script:
        "../scripts/collect_tables.py"
