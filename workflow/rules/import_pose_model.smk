rule import_pose_model:
    """The one member of a model whose weights come from elsewhere."""
    input:
        weights=by("model", GRAPH.weights, "pose_weights"),
        space=by("model", GRAPH.space_of_model),
    output:
        member=update(directory("results/models/{model}/member-{seed}")),
    log:
        "logs/import_pose_model/{model}-{seed}.log",
    benchmark:
        "benchmarks/import_pose_model/{model}-{seed}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(pose_weights=True),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("import_pose_model"),
        subpixel=config["network"]["subpixel"],
    script:
        "../scripts/import_pose_model.py"
