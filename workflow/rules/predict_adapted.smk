# in the boxes that the networks were adapted in: here none is doubted any more
use rule predict_poses as predict_adapted with:
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        boxes="results/videos/{video}/boxes.parquet",
        detector=[],
        members=adapted_members,
    output:
        predicted=directory("results/videos/{video}/adapted"),
    log:
        "logs/predict_adapted/{video}.log",
    benchmark:
        "benchmarks/predict_adapted/{video}.tsv"
    group:
        batch("gpu")
