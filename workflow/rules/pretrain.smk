rule pretrain:
    """One member of an ensemble: trained on all data sets of a space with gradient masking."""
    input:
        unified=by("model", GRAPH.unified, "pretrain"),
        weights=by("model", GRAPH.weights, "initial_weights"),
        videos=by("model", GRAPH.unlabeled_videos),
    output:
        member=update(directory("results/models/{model}/member-{seed}")),
    log:
        "logs/pretrain/{model}-{seed}.log",
    benchmark:
        "benchmarks/pretrain/{model}-{seed}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(pose_weights=False, fine_tune=False, student_of=False),
    localrule: config["training_jobs"]["where"] == "slurm"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("pretrain", by("model", SETTINGS.code_of_model)),
        pictures=PICTURES,
        network=by("model", SETTINGS.network),
        training=by("model", SETTINGS.pretraining_of),
        augment=SETTINGS.augment(),
        box_margin=config["detector"]["box_margin"],
    script:
        "../scripts/pretrain.py"


use rule pretrain as pretrain_single with:
    input:
        unified=TRANSFER.single_dataset(),
        weights=by("model", GRAPH.weights, "initial_weights"),
    output:
        member=update(directory("results/transfer/{model}/single/member-{seed}")),
    log:
        "logs/pretrain_single/{model}-{seed}.log",
    benchmark:
        "benchmarks/pretrain_single/{model}-{seed}.tsv"
