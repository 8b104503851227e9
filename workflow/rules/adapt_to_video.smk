# what an adaptation does as the pretraining did; inference.adapt says the rest
INHERITED_BY_ADAPTATION = (
    "weight_decay",
    "gradient_clip",
    "ema_decay",
    "sampling_temperature",
    "not_labeled_weight",
    "log_every_steps",
    "precision",
)


rule adapt_to_video:
    """A member learns from its own confident predictions on a video; kept only if it helps."""
    input:
        video=video_file,
        frames="results/videos/{video}/frames.parquet",
        boxes="results/videos/{video}/boxes.parquet",
        predicted="results/videos/{video}/predicted",
        member=lambda wildcards: (
            f"results/models/{of_video('model')(wildcards)}/member-{wildcards.seed}"
        ),
    output:
        member=directory("results/videos/{video}/adapted-models/member-{seed}"),
    log:
        "logs/adapt_to_video/{video}-{seed}.log",
    benchmark:
        "benchmarks/adapt_to_video/{video}-{seed}.tsv"
    group:
        batch("gpu")
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("adapt_to_video"),
        held_out_fraction=config["adaptation"]["held_out_fraction"],
        select=setting("adaptation", "min_score", "every_frames", "max_frames"),
        judge=setting(
            "adaptation", "min_score", "max_jitter_ratio", "max_displacement_ratio"
        ),
        training={
            **{key: config["training"][key] for key in INHERITED_BY_ADAPTATION},
            **setting("adaptation", "steps", "batch", "learning_rate"),
        },
        augment=setting("augment"),
        inference=setting("inference", "batch", "precision", "scales", "flip"),
    script:
        "../scripts/adapt_to_video.py"
