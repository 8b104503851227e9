rule read_predictions:
    """What another program's networks predicted of a video, in place of ours."""
    input:
        frames="results/videos/{video}/frames.parquet",
        files=by("video", BROUGHT.files),
        conversion=by("video", BROUGHT.conversion),
        space=by("video", BROUGHT.space),
    output:
        predicted=directory("results/videos/{video}/predicted"),
        boxes="results/videos/{video}/boxes.parquet",
    log:
        "logs/read_predictions/{video}.log",
    benchmark:
        "benchmarks/read_predictions/{video}.tsv"
    wildcard_constraints:
        video=BROUGHT.videos(are_brought=True),
    group:
        batch("probe")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("read_predictions"),
        format=by("video", BROUGHT.format),
        stem=lambda wildcards: Path(STUDY.videos[wildcards.video].path).stem,
    script:
        "../scripts/read_predictions.py"
