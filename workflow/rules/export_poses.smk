rule export_poses:
    """The poses of a video in the files of another program."""
    input:
        poses="results/videos/{video}/poses.parquet",
    output:
        exported=directory("results/exports/{format}/{video}"),
    log:
        "logs/export_poses/{format}-{video}.log",
    benchmark:
        "benchmarks/export_poses/{format}-{video}.tsv"
    wildcard_constraints:
        format="[a-z0-9_]+",
    conda:
        "../../envs/environment.yaml"
    resources:
        last_attempt=last_attempt,
    params:
        code=code("export_poses"),
        file=lambda wildcards: Path(STUDY.videos[wildcards.video].path).name,
        noise_px2=STUDY.settings.smoothing.noise_of_one_network_px2,
    script:
        "../scripts/export_poses.py"
