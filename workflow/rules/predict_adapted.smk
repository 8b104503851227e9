use rule predict_poses as predict_adapted with:
    input:
        video=of_video("path"),
        frames=RESULTS + "/videos/{video}/frames.parquet",
        boxes=RESULTS + "/videos/{video}/boxes.parquet",
        members=adapted_members,
    output:
        predicted=directory(RESULTS + "/videos/{video}/adapted"),
    log:
        "logs/predict_adapted/{video}.log",
    benchmark:
        "benchmarks/predict_adapted/{video}.tsv"
