rule offer_lessons:
    """What a video teaches to the networks that it shares with others."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        boxes="results/videos/{video}/boxes.parquet",
        predicted="results/videos/{video}/predicted",
        calibration=by("model", STUDENTS.own_calibration),
        seer=by("model", ADAPTATION.seer),
    output:
        offered=directory("results/models/{model}/adapted/{videos}/offered/{video}"),
    log:
        "logs/offer_lessons/{model}-{videos}-{video}.log",
    benchmark:
        "benchmarks/offer_lessons/{model}-{videos}-{video}.tsv"
    wildcard_constraints:
        videos=ADAPTATION.sets(),
        video=ADAPTATION.videos_that_share(),
    group:
        batch("gpu")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("offer_lessons", by("video", ADAPTATION_SETTINGS.code)),
        when=config["adaptation"]["when"],
        teacher=config["adaptation"]["teacher"],
        min_score=config["adaptation"]["min_score"],
        smoothing=by("video", ADAPTATION_SETTINGS.smoothing_of_teacher),
        held_out_fraction=config["adaptation"]["held_out_fraction"],
        select=lambda wildcards: ADAPTATION_SETTINGS.share(
            wildcards.model, wildcards.videos
        ),
        inference=ADAPTATION_SETTINGS.inference_of_seer(),
    script:
        "../scripts/offer_lessons.py"
