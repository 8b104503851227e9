rule predict_poses:
    """What each member of the ensemble sees; one process decodes the video once for all."""
    input:
        video=of_video("path"),
        frames=RESULTS + "/videos/{video}/frames.parquet",
        boxes=RESULTS + "/videos/{video}/boxes.parquet",
        members=members,
    output:
        predicted=directory(RESULTS + "/videos/{video}/predicted"),
    log:
        "logs/predict_poses/{video}.log",
    benchmark:
        "benchmarks/predict_poses/{video}.tsv"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("predict_poses"),
        inference=setting("inference"),
    script:
        "../scripts/predict_poses.py"
