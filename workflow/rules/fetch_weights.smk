rule fetch_weights:
    """A released checkpoint from Hugging Face; needs the internet, so it runs where Snakemake runs."""
    output:
        weights="results/weights/{name}.pt",
    log:
        "logs/fetch_weights/{name}.log",
    benchmark:
        "benchmarks/fetch_weights/{name}.tsv"
    wildcard_constraints:
        name="|".join(STUDY.released),
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("fetch_weights"),
        released=lambda wildcards: dict(vars(STUDY.released[wildcards.name])),
    script:
        "../scripts/fetch_weights.py"
