rule fine_tune:
    """One member of a model that a lab's own labels are taught to, from a pretrained one."""
    input:
        parent=parent_member,
        unified=unified("fine_tune"),
    output:
        member=update(directory("results/models/{model}/member-{seed}")),
    log:
        "logs/fine_tune/{model}-{seed}.log",
    benchmark:
        "benchmarks/fine_tune/{model}-{seed}.tsv"
    wildcard_constraints:
        model=models_whose(fine_tune=True),
    localrule: config["training_jobs"]["where"] == "slurm"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("fine_tune"),
        pictures=PICTURES,
        mode=lambda wildcards: model_settings(wildcards)["fine_tune"]["mode"],
        training=lambda wildcards: fine_tuning(
            model_settings(wildcards)["fine_tune"]["mode"]
        ),
        augment=setting("augment"),
        replay=setting("fine_tuning", "min_score", "min_overlap"),
        inference=setting("inference", "batch", "precision"),
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/fine_tune.py"
