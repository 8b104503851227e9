rule detect_animals:
    """Where the animals of a video are."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        detector=detector_of_video,
    output:
        boxes="results/videos/{video}/detections.parquet",
    log:
        "logs/detect_animals/{video}.log",
    benchmark:
        "benchmarks/detect_animals/{video}.tsv"
    group:
        batch("gpu")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("detect_animals"),
        max_individuals=of_video("max_individuals"),
        detector=setting("detector", "min_score", "every_frames", "max_gap_s"),
        batch=config["inference"]["batch"],
    script:
        "../scripts/detect_animals.py"
