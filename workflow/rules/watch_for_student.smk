rule watch_for_student:
    """What an ensemble says of some stretches of a video, to teach its student."""
    input:
        video=video_file,
        members=by("model", STUDENTS.teachers),
        detector=by("model", GRAPH.detector),
        calibration=by("model", STUDENTS.calibration_of_teacher),
    output:
        watched=directory("results/models/{model}/teaching/watched/{video}"),
    log:
        "logs/watch_for_student/{model}-{video}.log",
    benchmark:
        "benchmarks/watch_for_student/{model}-{video}.tsv"
    wildcard_constraints:
        model=GRAPH.models_whose(student_of=True),
        video=STUDENTS.videos_to_watch(),
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("watch_for_student", by("model", STUDENT_SETTINGS.code_of_teacher)),
        stretches=SETTINGS.of("distillation", "stretches", "neighbors"),
        limits=SETTINGS.of("distillation", "min_score", "max_error"),
        detection=by("video", SETTINGS.detection),
        inference=SETTINGS.inference(),
        method=config["smoothing"]["method"],
        smoothing=SETTINGS.smoother(),
        views=by("video", SETTINGS.views),
    script:
        "../scripts/watch_for_student.py"
