rule compare_student:
    """A student beside the ensemble that taught it, on labels and frames that it did not learn."""
    input:
        members=by("model", GRAPH.members),
        held_out=by("model", STUDENTS.held_out_of_both),
        calibrations=by("model", STUDENTS.calibrations),
        watched=by("model", STUDENTS.watched),
    output:
        students=update("results/models/{model}/students.parquet"),
    log:
        "logs/compare_student/{model}.log",
    benchmark:
        "benchmarks/compare_student/{model}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(student_of=True),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("compare_student", by("model", STUDENT_SETTINGS.code_of_comparison)),
        inference=SETTINGS.inference(),
        method=config["smoothing"]["method"],
        smoothing=SETTINGS.smoother(),
        views=by("model", SETTINGS.views_of_model),
    script:
        "../scripts/compare_student.py"
