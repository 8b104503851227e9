rule predict_poses:
    """What each member of the ensemble sees, and in which boxes; the video is decoded once."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        boxes="results/videos/{video}/detections.parquet",
        detector=detector_for_second_looks,
        members=members,
    output:
        predicted=directory("results/videos/{video}/predicted"),
        boxes="results/videos/{video}/boxes.parquet",
    log:
        "logs/predict_poses/{video}.log",
    benchmark:
        "benchmarks/predict_poses/{video}.tsv"
    group:
        batch("gpu")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("predict_poses"),
        inference={k: v for k, v in config["inference"].items() if k != "chunk_frames"},
        min_box_score=config["detector"]["min_score"],
    script:
        "../scripts/predict_poses.py"
