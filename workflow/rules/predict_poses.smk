rule predict_poses:
    """Where the animals are and what each member of the ensemble sees, in one decoding."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        detector=lambda wildcards: GRAPH.detector(GRAPH.model_of(wildcards.video)),
        members=lambda wildcards: GRAPH.members(GRAPH.model_of(wildcards.video)),
        teachers=by("video", STUDENTS.teachers_of_video),
        trust=by("video", STUDENTS.trust),
    output:
        predicted=directory("results/videos/{video}/predicted"),
        boxes="results/videos/{video}/boxes.parquet",
    log:
        "logs/predict_poses/{video}.log",
    benchmark:
        "benchmarks/predict_poses/{video}.tsv"
    wildcard_constraints:
        video=BROUGHT.videos(are_brought=False),
    group:
        batch("gpu")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("predict_poses", by("video", SETTINGS.code_of_prediction)),
        detector=by("video", SETTINGS.detection),
        redetect=SETTINGS.redetects(),
        inference=SETTINGS.inference(),
        seers=by("video", SETTINGS.seers),
        probe=by("video", STUDENT_SETTINGS.probe),
    script:
        "../scripts/predict_poses.py"
