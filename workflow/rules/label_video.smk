rule label_video:
    """The video with its poses drawn into it."""
    input:
        video=video_file,
        poses="results/videos/{video}/poses.parquet",
        boxes="results/videos/{video}/boxes.parquet",
        bouts="results/videos/{video}/bouts.parquet",
    output:
        labeled=report(
            "results/videos/{video}/labeled.mp4",
            caption="../report/labeled.rst",
            category="Labeled videos",
            labels={"video": "{video}"},
        ),
    log:
        "logs/label_video/{video}.log",
    benchmark:
        "benchmarks/label_video/{video}.tsv"
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("label_video"),
        min_score=config["report"]["labeled_min_score"],
    script:
        "../scripts/label_video.py"
