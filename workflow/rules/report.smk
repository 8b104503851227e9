rule report:
    """One page about the study that opens offline.

    The tables of the videos that it shows closely lie beside their quality.json.
    """
    input:
        quality="results/tables/quality.parquet",
        videos=per_video("quality.json"),
        coverage="results/datasets/coverage.parquet",
        unified=per_dataset("unified.parquet"),
        audits=per_dataset("audit.parquet"),
        repeats="results/datasets/repeats.parquet",
        evaluation=expand(
            "results/models/{model}/evaluation.parquet", model=evaluated_models()
        ),
        calibration=expand(
            "results/models/{model}/calibration.parquet", model=evaluated_models()
        ),
        members=[
            f"results/models/{model}/member-{seed}"
            for model in config["models"]
            for seed in config["models"][model]["seeds"]
        ],
        truth=[f"results/videos/{v}/truth.parquet" for v in videos_with_truth()],
        transfer=(
            "results/transfer/table.parquet" if config["transfer"]["in_report"] else []
        ),
    output:
        page=update("results/report/index.html"),
    log:
        "logs/report/all.log",
    benchmark:
        "benchmarks/report/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("report"),
        pictures=PICTURES,
        again=places_of({"snakemake": command_of_snakemake()}),
        settings=dict(config),
        datasets={
            name: {
                k: v for k, v in vars(row).items() if k not in ("path", "conversion")
            }
            for name, row in STUDY.datasets.items()
        },
        page={
            path.name: content_digest(path)
            for path in sorted(WORKFLOW.glob("superanimal_core/report/page.[hc]*"))
        },
    script:
        "../scripts/report.py"
