rule calibrate_uncertainty:
    """How far off the poses of a model must be expected to be, from labels held out."""
    input:
        held_out="results/models/{model}/held_out.parquet",
    output:
        calibration=update("results/models/{model}/calibration.parquet"),
    log:
        "logs/calibrate_uncertainty/{model}.log",
    benchmark:
        "benchmarks/calibrate_uncertainty/{model}.tsv"
    conda:
        "../../envs/environment.yaml"
    params:
        code=code(
            "calibrate_uncertainty", lambda wildcards: SETTINGS.code_of_smoothing()
        ),
        method=config["smoothing"]["method"],
        smoothing=SETTINGS.smoother(),
    script:
        "../scripts/calibrate_uncertainty.py"
