rule judge_run:
    """Fails, last of all, when too many videos failed: the run's exit status says it every time."""
    input:
        quality="results/tables/quality.parquet",
        page="results/report/index.html",
        labeled=GRAPH.labeled_videos(),
    output:
        verdict=report(
            "results/report/verdict.txt",
            caption="../report/verdict.rst",
            category="Report",
            labels={"what": "how many videos failed"},
        ),
    log:
        "logs/judge_run/all.log",
    benchmark:
        "benchmarks/judge_run/all.tsv"
    retries: 0
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("judge_run"),
        max_failed_fraction=config["quality"]["max_failed_fraction"],
    script:
        "../scripts/judge_run.py"
