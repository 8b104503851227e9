rule classify_behavior:
    """The probability of each learned behavior in every frame of a video, and its bouts."""
    input:
        features="results/videos/{video}/features.parquet",
        classifier="results/classifiers/{classifier}",
    output:
        probabilities="results/videos/{video}/classified/{classifier}/probabilities.parquet",
        bouts="results/videos/{video}/classified/{classifier}/bouts.parquet",
    log:
        "logs/classify_behavior/{video}-{classifier}.log",
    benchmark:
        "benchmarks/classify_behavior/{video}-{classifier}.tsv"
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("classify_behavior"),
    script:
        "../scripts/classify_behavior.py"
