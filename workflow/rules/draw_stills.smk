rule draw_stills:
    """The best, middle, worst and most uncertain frame of a video with its poses, for the report."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        poses="results/videos/{video}/poses.parquet",
    output:
        stills="results/videos/{video}/stills.parquet",
    log:
        "logs/draw_stills/{video}.log",
    benchmark:
        "benchmarks/draw_stills/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("draw_stills"),
        fps=lambda wildcards: STUDY.videos[wildcards.video].fps,
        min_score=config["report"]["labeled_min_score"],
    script:
        "../scripts/draw_stills.py"
