rule report:
    """One page about the study that opens offline.

    The tables of the videos that it shows closely lie beside their quality.json.
    """
    input:
        quality=RESULTS + "/tables/quality.parquet",
        videos=per_video("quality.json"),
        coverage=RESULTS + "/datasets/coverage.parquet",
        evaluation=expand(
            RESULTS + "/models/{model}/evaluation.parquet", model=config["models"]
        ),
        members=[
            f"{RESULTS}/models/{model}/member-{seed}"
            for model in config["models"]
            for seed in config["models"][model]["seeds"]
        ],
        truth=[f"{RESULTS}/videos/{v}/truth.parquet" for v in videos_with_truth()],
        template=str(WORKFLOW / "superanimal_core" / "report" / "page.html"),
        style=str(WORKFLOW / "superanimal_core" / "report" / "page.css"),
    output:
        page=RESULTS + "/report/index.html",
    log:
        "logs/report/all.log",
    benchmark:
        "benchmarks/report/all.tsv"
    params:
        code=code("report"),
        settings=dict(config),
        datasets={name: dict(vars(row)) for name, row in STUDY.datasets.items()},
    script:
        "../scripts/report.py"
