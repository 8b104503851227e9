rule classify_behavior:
    """Bouts of behavior."""
    input:
        features="results/videos/{video}/features.parquet",
    output:
        bouts="results/videos/{video}/bouts.parquet",
    log:
        "logs/classify_behavior/{video}.log",
    benchmark:
        "benchmarks/classify_behavior/{video}.tsv"
    group:
        batch("tail")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("classify_behavior"),
        definitions=lambda wildcards: (
            config["behavior"]["definitions"].get(space_of_video(wildcards), {})
        ),
    script:
        "../scripts/classify_behavior.py"
