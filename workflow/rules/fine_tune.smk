rule fine_tune:
    """One member of a model that a lab's own labels are taught to, from a pretrained one."""
    input:
        parent=lambda wildcards: GRAPH.parent_member(
            wildcards.model, int(wildcards.seed)
        ),
        unified=by("model", GRAPH.unified, "fine_tune"),
        videos=by("model", GRAPH.unlabeled_videos),
    output:
        member=update(directory("results/models/{model}/member-{seed}")),
    log:
        "logs/fine_tune/{model}-{seed}.log",
    benchmark:
        "benchmarks/fine_tune/{model}-{seed}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(fine_tune=True),
    localrule: config["training_jobs"]["where"] == "slurm"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("fine_tune", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        mode=by("model", SETTINGS.mode),
        training=by("model", SETTINGS.fine_tuning_of),
        augment=SETTINGS.augment(),
        replay=SETTINGS.of("fine_tuning", "min_score", "min_overlap"),
        inference=SETTINGS.of("inference", "batch", "precision"),
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/fine_tune.py"
