rule adapt_to_video:
    """Each member learns from confident predictions of the ensemble; kept only if that helps."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        boxes="results/videos/{video}/boxes.parquet",
        predicted="results/videos/{video}/predicted",
        members=lambda wildcards: GRAPH.members(GRAPH.model_of(wildcards.video)),
        teachers=by("video", STUDENTS.teachers_of_video),
        calibration=by("video", STUDENTS.calibrations_of_video),
        networks=by("video", ADAPTATION.networks_of_video),
    output:
        adapted=directory("results/videos/{video}/adapted"),
    log:
        "logs/adapt_to_video/{video}.log",
    benchmark:
        "benchmarks/adapt_to_video/{video}.tsv"
    group:
        batch(ADAPTATION_SETTINGS.batch)
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("adapt_to_video", by("video", ADAPTATION_SETTINGS.code)),
        when=config["adaptation"]["when"],
        teacher=config["adaptation"]["teacher"],
        min_score=config["adaptation"]["min_score"],
        smoothing=by("video", ADAPTATION_SETTINGS.smoothing_of_teacher),
        held_out_fraction=config["adaptation"]["held_out_fraction"],
        select=ADAPTATION_SETTINGS.select(),
        judge=SETTINGS.of(
            "adaptation", "min_score", "max_jitter_ratio", "max_displacement_ratio"
        ),
        training=ADAPTATION_SETTINGS.training(),
        augment=SETTINGS.plain_augment(),
        max_minutes=config["adaptation"]["max_minutes"],
        inference=SETTINGS.inference(),
    script:
        "../scripts/adapt_to_video.py"
