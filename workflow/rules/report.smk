rule report:
    """One page about the study that opens offline.

    The tables of the videos that it shows closely lie beside their quality.json.
    """
    input:
        quality="results/tables/quality.parquet",
        bouts="results/tables/bouts.parquet",
        features="results/tables/features.parquet",
        walks="results/tables/walks.parquet",
        videos=GRAPH.accounts(),
        coverage="results/datasets/coverage.parquet",
        unified=GRAPH.per_dataset("unified.parquet"),
        audits=GRAPH.per_dataset("audit.parquet"),
        repeats="results/datasets/repeats.parquet",
        evaluation=GRAPH.of_evaluated_models("evaluation.parquet"),
        calibration=GRAPH.of_evaluated_models("calibration.parquet"),
        members=GRAPH.all_members(),
        students=STUDENTS.comparisons(),
        stills=GRAPH.stills(),
        truth=GRAPH.truths(),
        classifiers=CLASSIFIERS.folders(),
        classified=CLASSIFIERS.tables(),
        groups=(
            "results/groups/comparison.parquet" if config["groups"]["column"] else []
        ),
        transfer=(
            "results/transfer/table.parquet" if config["transfer"]["in_report"] else []
        ),
    output:
        page=update(
            report(
                "results/report/index.html",
                caption="../report/page.rst",
                category="Report",
                labels={"what": "the page of the study"},
            )
        ),
    log:
        "logs/report/all.log",
    benchmark:
        "benchmarks/report/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("report"),
        pictures=PICTURES,
        again=places_of({"snakemake": command_of_snakemake(workflow.main_snakefile)}),
        settings=dict(config),
        datasets=SETTINGS.datasets(),
        page=SETTINGS.page(),
        mapped=places_on_maps(STUDY.videos, config["report"]["video_pictures"]),
        untold=UNTOLD,
    script:
        "../scripts/report.py"
