rule probe_video:
    """Every frame of a video: index, time stamp, decoded or not."""
    input:
        video=video_file,
    output:
        frames="results/videos/{video}/frames.parquet",
    log:
        "logs/probe_video/{video}.log",
    benchmark:
        "benchmarks/probe_video/{video}.tsv"
    group:
        batch("probe")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("probe_video"),
        fps=lambda wildcards: STUDY.videos[wildcards.video].fps,
    script:
        "../scripts/probe_video.py"
