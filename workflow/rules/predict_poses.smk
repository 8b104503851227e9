rule predict_poses:
    """Where the animals are and what each member of the ensemble sees, in one decoding."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        detector=lambda wildcards: GRAPH.detector(GRAPH.model_of(wildcards.video)),
        members=lambda wildcards: GRAPH.members(GRAPH.model_of(wildcards.video)),
        teachers=by("video", STUDENTS.teachers_of_video),
        trust=by("video", QUANTIZED.trust),
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
        code=code("predict_poses", by("video", QUANTIZED_SETTINGS.code)),
        detector=by("video", SETTINGS.detection),
        redetect=SETTINGS.redetects(),
        inference=QUANTIZED_SETTINGS.inference(),
        seers=by("video", QUANTIZED_SETTINGS.seers),
        probe=by("video", QUANTIZED_SETTINGS.judged_by),
    script:
        "../scripts/predict_poses.py"
