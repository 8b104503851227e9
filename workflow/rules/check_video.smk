rule check_video:
    """The account of one video: what is there, what is doubtful, and why it failed if it did."""
    input:
        **per_video_results(),
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
        quality=setting(
            "quality", "min_score", "max_absent_fraction", "max_uncertainty_px"
        )
        | {"max_gap_s": config["smoothing"]["eks"]["max_gap_s"]},
        columns=lambda wildcards: dict(users_columns(STUDY.videos[wildcards.video])),
        file=lambda wildcards: Path(of_video("path")(wildcards)).name,
    script:
        "../scripts/check_video.py"
