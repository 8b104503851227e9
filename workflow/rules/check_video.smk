rule check_video:
    """The account of one video: what is there, what is doubtful, and why it failed if it did."""
    input:
        **GRAPH.results_of_video(),
        adapted=by("video", GRAPH.adapted),
    output:
        quality="results/videos/{video}/quality.json",
    log:
        "logs/check_video/{video}.log",
    benchmark:
        "benchmarks/check_video/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("check_video"),
        quality=SETTINGS.account(),
        columns=by("video", SETTINGS.users_columns),
        file=lambda wildcards: Path(STUDY.videos[wildcards.video].path).name,
    script:
        "../scripts/check_video.py"
