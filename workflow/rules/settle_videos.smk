rule settle_videos:
    """Which videos networks learn from together: a list that stands until it is deleted."""
    output:
        videos=update("results/models/{model}/adapted/{videos}/videos.txt"),
    log:
        "logs/settle_videos/{model}-{videos}.log",
    benchmark:
        "benchmarks/settle_videos/{model}-{videos}.tsv"
    wildcard_constraints:
        videos=ADAPTATION.sets(),
    localrule: True
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("settle_videos"),
        listed=lambda wildcards: ADAPTATION.listed(wildcards.model, wildcards.videos),
    script:
        "../scripts/settle_videos.py"
