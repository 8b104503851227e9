rule compare_groups:
    """Measures of gait and behavior by group of animals, with what speaks against comparing."""
    input:
        gait="results/tables/gait.parquet",
        bouts="results/tables/bouts.parquet",
        features="results/tables/features.parquet",
        quality="results/tables/quality.parquet",
        videos="results/tables/videos.parquet",
        classified=CLASSIFIERS.bouts(),
        sums=CLASSIFIERS.tables(),
    output:
        groups=update(
            report(
                "results/groups/comparison.parquet",
                caption="../report/groups.rst",
                category="Tables",
                labels={"what": "groups compared"},
            )
        ),
    log:
        "logs/compare_groups/all.log",
    benchmark:
        "benchmarks/compare_groups/all.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("compare_groups"),
        groups=asked_of_groups(STUDY.settings.groups, STUDY.videos),
        untold=UNTOLD,
    script:
        "../scripts/compare_groups.py"
