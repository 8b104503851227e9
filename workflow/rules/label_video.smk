rule label_video:
    """The video with its poses drawn into it."""
    input:
        video=video_file,
        poses="results/videos/{video}/poses.parquet",
        boxes="results/videos/{video}/boxes.parquet",
        frames="results/videos/{video}/frames.parquet",
        strides="results/videos/{video}/strides.parquet",
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
        fps=lambda wildcards: STUDY.videos[wildcards.video].fps,
        labeling=by("video", labeling_of, GRAPH),
    script:
        "../scripts/label_video.py"
