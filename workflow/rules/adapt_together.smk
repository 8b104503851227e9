rule adapt_together:
    """One member learns of the videos of a session, a camera or the cohort, once for all of them."""
    input:
        member="results/models/{model}/member-{seed}",
        listed="results/models/{model}/adapted/{videos}/videos.txt",
        offered=lambda wildcards: ADAPTATION.offered(wildcards.model, wildcards.videos),
    output:
        member=update(
            directory("results/models/{model}/adapted/{videos}/member-{seed}")
        ),
    log:
        "logs/adapt_together/{model}-{videos}-{seed}.log",
    benchmark:
        "benchmarks/adapt_together/{model}-{videos}-{seed}.tsv"
    wildcard_constraints:
        videos=ADAPTATION.sets(),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("adapt_together", by("model", ADAPTATION_SETTINGS.code_of_member)),
        training=ADAPTATION_SETTINGS.training(),
        augment=SETTINGS.plain_augment(),
        max_minutes=config["adaptation"]["max_minutes"],
    script:
        "../scripts/adapt_together.py"
