"""What ran: versions, settings, and a paragraph for the methods section with its references."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from superanimal_core.report.cells import Table, counted, listed, number
from superanimal_core.report.references import BIDERMAN, HIGGINS, LEI, YE
from superanimal_core.report.results import Row

PACKAGES = (
    "superanimal-core",
    "snakemake",
    "torch",
    "torchvision",
    "timm",
    "numpy",
    "scipy",
    "pyarrow",
    "opencv-python-headless",
    "av",
    "matplotlib",
)
WHEN = {
    "needed": "Where it promised to pay, each network was adapted to",
    "always": "Each network was adapted to",
}
TO = {
    "video": {"needed": "a video", "always": "each video"},
    "session": dict.fromkeys(WHEN, "the videos of a session together"),
    "camera": dict.fromkeys(WHEN, "the videos of a camera together"),
    "cohort": dict.fromkeys(WHEN, "all videos together"),
}
TAUGHT_BY = {
    "own": "its own confident predictions",
    "median": "the ensemble's median, each position by its expected error",
    "smoothed": "the smoothed ensemble, each position by its expected error",
}
LEARNED = (
    " Beyond it, the noise was learned from how much and how long the networks differ, and each "
    "keypoint moves by the more likely of two models: a random walk, or a velocity that lasts."
)
FILTERS = {
    "median": "a running median",
    "savitzky_golay": "a Savitzky-Golay filter",
    "one_euro": "the One-Euro filter",
}
FINE_TUNING = {
    "memory_replay": "memory replay",
    "naive": "without memory replay",
    "new_head": "the encoder kept, the rest trained anew",
}


def versions() -> list[tuple[str, str]]:
    """Names and versions of Python and the packages that the results depend on."""
    return [("Python", platform.python_version()), *((name, _version(name)) for name in PACKAGES)]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def dataset_table(datasets: Mapping[str, Mapping[str, str]], coverage: Sequence[Row]) -> Table:
    """The data sets of the sheet: space, role, format, license, and how many keypoints they hold.

    `coverage` are rows of coverage.parquet.
    """
    located: dict[str, int] = {}
    for row in coverage:
        if row["state"] in ("occluded", "visible", "taught"):
            located[row["dataset"]] = located.get(row["dataset"], 0) + row["labels"]
    rows = [
        (
            name,
            row["space"],
            row["role"],
            row["format"],
            number(located.get(name, 0), 0),
            row["license"] or "not stated",
        )
        for name, row in datasets.items()
    ]
    heads = ("data set", "keypoint space", "role", "format", "labeled keypoints", "license")
    words = tuple(head for head in heads if head != "labeled keypoints")
    return Table(tuple((head, "") for head in heads), rows, words=words)


def methods_sentences(
    settings: Mapping[str, Any],
    datasets: Mapping[str, Mapping[str, str]],
    verdicts: Sequence[bool],
    calibrated: Sequence[str],
) -> list[str]:
    """Sentences about what was done, after the settings. Names in brackets stand for references.

    `verdicts` tell of every adaptation whether it was kept; `calibrated` are the models whose
    errors on held-out labels were enough for a calibration.
    """
    said = [
        _of_model(name, model, datasets, bool(settings["training"]["masking"]))
        for name, model in settings["models"].items()
    ]
    adaptation, smoothing = settings["adaptation"], settings["smoothing"]
    has_networks = any(not model.get("predictions") for model in settings["models"].values())
    if adaptation["enabled"] and has_networks:
        when = adaptation["when"]
        said.append(
            f"{WHEN[when]} {TO[adaptation['per']][when]} on {TAUGHT_BY[adaptation['teacher']]} "
            f"(score of at least {adaptation['min_score']:g}, "
            f"{counted(adaptation['steps'], 'step')}) [{YE}]; "
            f"the adaptation was kept in {sum(verdicts):,} of {counted(len(verdicts), 'case')}, "
            "judged on held-out frames, and rolled back otherwise."
        )
    noise = smoothing["eks"]["noise"]
    said.append(_of_smoothing(smoothing["method"], smoothing["center"], noise))
    said += _of_uncertainty(list(settings["models"]), calibrated)
    limbs = settings["gait"]["limbs"]
    if any(limbs.get(model["space"]) for model in settings["models"].values()):
        said.append(
            "Strides were measured from strike to strike of each limb, from the speed of the paw "
            "over the ground relative to that of the body."
        )
    return said


def terms_sentences(terms: Mapping[str, Sequence[str]]) -> list[str]:
    """What binds whoever uses the models, by model."""
    return [
        f"The networks of the model {model} were made from {'; '.join(own)}."
        for model, own in terms.items()
        if own
    ]


def _of_smoothing(method: str, center: str, noise: str) -> str:
    if method == "none":
        return f"The {center} of the predictions was not smoothed."
    if method == "eks":
        return (
            f"The {center} of the predictions was smoothed with the ensemble Kalman smoother "
            f"[{BIDERMAN}]." + (LEARNED if noise == "learned" else "")
        )
    if method == "pupil":
        return (
            f"The {center} of the predictions was smoothed with the ensemble Kalman smoother for "
            f"pupils [{BIDERMAN}]."
        )
    return f"The {center} of the predictions was smoothed with {FILTERS.get(method, method)}."


def _of_uncertainty(models: Sequence[str], calibrated: Sequence[str]) -> list[str]:
    """How the expected error was calibrated, and what was drawn from it."""
    without = [model for model in models if model not in calibrated]
    said = []
    if calibrated:
        said += [
            "The error to be expected of every position was calibrated on labels that no network "
            "was trained on: a nondecreasing curve from predicted deviation to error (isotonic "
            "regression), a factor for each keypoint, and circles from the quantiles of error over "
            f"expected error (split conformal prediction [{LEI}]), widened by the differences "
            f"between groups of labels (videos, animals; a random effect [{HIGGINS}]).",
            "How it grows with the strangeness of an animal (low scores of the networks, unusual "
            "distances between keypoints) was learned on labeled pictures that were disturbed on "
            "purpose.",
            "Intervals of strides and probabilities and intervals of bouts come from trajectories "
            "that were drawn with errors of this size, correlated over time; standard deviations "
            "of features from errors of the same size.",
        ]
    if without:
        said.append(
            f"For want of held-out labels, no error was calibrated for {listed(without)}, and no "
            "uncertainty is given."
        )
    return said


def _of_model(
    name: str, model: Mapping[str, Any], datasets: Mapping[str, Mapping[str, str]], masking: bool
) -> str:
    brought = model.get("predictions")
    if brought is not None:
        return (
            f"For the model {name}, predictions of another program (files of the format "
            f"{brought['format']}) were used in the keypoint space {model['space']}."
        )
    if model["pose_weights"] is not None:
        return (
            f"For the model {name}, the pretrained network {model['pose_weights']} [{YE}] was used "
            f"in the keypoint space {model['space']}."
        )
    if model.get("student_of") is not None:
        return (
            f"The model {name}, {counted(len(model['seeds']), 'network')} ({model['backbone']}), "
            f"learned what the smoothed ensemble of the model {model['student_of']} says of frames "
            "of the videos, each position weighted by its expected error, beside the labels that "
            "taught that model; in videos where both were further apart than their expected errors "
            "allow, the ensemble was used."
        )
    origin = model["fine_tune"]
    role = "pretrain" if origin is None else "fine_tune"
    own = [d for d in datasets.items() if d[1]["space"] == model["space"]]
    taught = [f"{n} ({row['license'] or 'no license stated'})" for n, row in own
              if row["role"] == role]  # fmt: skip
    masked = f" with keypoint gradient masking [{YE}]" if masking else ""
    count = len(model["seeds"])
    if origin is not None:
        return (
            f"For the model {name}, {counted(count, 'network')} of the model {origin['parent']} "
            f"{'was' if count == 1 else 'were'} fine-tuned ({FINE_TUNING[origin['mode']]}) [{YE}] "
            f"on {counted(len(taught), 'data set')}: {listed(taught)}."
        )
    return (
        f"For the model {name}, {counted(count, 'network')} ({model['backbone']}) "
        f"{'was' if count == 1 else 'were'} trained in the keypoint space {model['space']}{masked} "
        f"on {counted(len(taught), 'data set')}: {listed(taught)}."
    )
