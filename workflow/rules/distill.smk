rule distill:
    """One network that learns what another model's ensemble knows, beside the labels of people."""
    input:
        unified=by("model", STUDENTS.labels),
        weights=by("model", GRAPH.weights, "initial_weights"),
        teachers=by("model", STUDENTS.teachers),
        lessons="results/models/{model}/teaching/lessons.parquet",
        watched=by("model", STUDENTS.watched),
    output:
        member=update(directory("results/models/{model}/member-{seed}")),
    log:
        "logs/distill/{model}-{seed}.log",
    benchmark:
        "benchmarks/distill/{model}-{seed}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(student_of=True),
    localrule: config["training_jobs"]["where"] == "slurm"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("distill", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        network=by("model", SETTINGS.network),
        training=STUDENT_SETTINGS.training(),
        augment=SETTINGS.augment(),
        replay=SETTINGS.of("fine_tuning", "min_score", "min_overlap"),
        inference=SETTINGS.of("inference", "batch", "precision"),
        taught_share=config["distillation"]["taught_share"],
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/distill.py"
