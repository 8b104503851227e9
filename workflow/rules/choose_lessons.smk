rule choose_lessons:
    """What is taught to a student: a choice that stands until it is deleted."""
    input:
        watched=by("model", STUDENTS.watched),
    output:
        lessons=update("results/models/{model}/teaching/lessons.parquet"),
        videos=update("results/models/{model}/teaching/videos.txt"),
    log:
        "logs/choose_lessons/{model}.log",
    benchmark:
        "benchmarks/choose_lessons/{model}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(student_of=True),
    conda:
        "../../envs/environment.yaml"
    params:
        code=code("choose_lessons"),
        lessons=config["distillation"]["lessons"],
    script:
        "../scripts/choose_lessons.py"
