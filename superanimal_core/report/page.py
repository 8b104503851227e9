"""The report: one HTML page about a study that opens offline.

`read_results` reads, the modules beside this one turn results into words, tables and SVG, and the
template page.html lays them out. The page carries no date of its own and no absolute path: the same
results, which took the same time, give the same page.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from superanimal_core.report.accuracy import accuracy, median_error_percent
from superanimal_core.report.behavior_section import behavior_section
from superanimal_core.report.cells import number
from superanimal_core.report.closer_look import closer_look
from superanimal_core.report.cohort import (
    TABLE_ROWS,
    count_statuses,
    failures,
    figure_ranges,
    frame_account,
    quality_table,
    shared_remarks,
    tried_verdicts,
    videos_to_show,
)
from superanimal_core.report.coverage import coverage
from superanimal_core.report.doubtful import (
    dataset_pictures,
    finding_pictures,
    finding_table,
    leaks,
)
from superanimal_core.report.drift_section import drift_section
from superanimal_core.report.extrapolated import extrapolated
from superanimal_core.report.fingerprints import (
    network_table,
    source_fingerprint,
    text_fingerprint,
)
from superanimal_core.report.gait_section import gait_section
from superanimal_core.report.group_section import group_section
from superanimal_core.report.grouped import animals_of, groups_of
from superanimal_core.report.methods import (
    dataset_table,
    methods_sentences,
    terms_sentences,
    versions,
)
from superanimal_core.report.methods_of_behavior import behavior_sentences, software_sentence
from superanimal_core.report.models import models
from superanimal_core.report.paths import path_maps
from superanimal_core.report.references import numbered
from superanimal_core.report.reliability import (
    covered_of,
    reliability_diagram,
    reliability_table,
)
from superanimal_core.report.resources import resources
from superanimal_core.report.results import StudyResults, read_results, read_video
from superanimal_core.report.shares import shares_of, time_section
from superanimal_core.report.student_section import student_section
from superanimal_core.report.transfer_section import transfer_section
from superanimal_core.report.trust import trust
from superanimal_core.report.wall import wall
from superanimal_core.settings.report import named_or_all
from superanimal_core.tables.atomic import replacing

SHOWN_VIDEOS = 5

FOLDER, PARTS = Path(__file__).parent, ("page.html", "page.css")


def write_page(
    path: str | Path,
    inputs: Mapping[str, Any],
    settings: Mapping[str, Any],
    datasets: Mapping[str, Mapping[str, str]],
    pictures: Mapping[str, str],
    snakemake: str,
    places: Mapping[str, Mapping[str, Any]],
    untold: Mapping[str, Sequence[str]],
) -> None:
    """Write the page about a study.

    `inputs` as in `read_results`.
    `settings` is the whole configuration, `datasets` the rows of the sheet of data sets,
    `pictures` where their pictures lie (`picture_path`), `snakemake` how the study's folder calls
    Snakemake with this workflow, `places` the videos of which a map is drawn (`path_maps`),
    `untold` the behaviors by definition, each with the videos that cannot tell it.
    """
    results = read_results(inputs, places)
    contents = page_contents(results, settings, datasets, pictures, snakemake, places, untold)
    template, style = (FOLDER.joinpath(name).read_text("utf-8") for name in PARTS)
    with replacing(path) as temporary:
        temporary.write_text(render(template, style, contents), encoding="utf-8")


def render(template: str, style: str, contents: Mapping[str, object]) -> str:
    """The page. Only the style and our SVGs are not escaped; a name that is missing is an error."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template).render(contents, style=Markup(style))


def page_contents(
    results: StudyResults,
    settings: Mapping[str, Any],
    datasets: Mapping[str, Mapping[str, str]],
    pictures: Mapping[str, str],
    snakemake: str,
    places: Mapping[str, Mapping[str, Any]],
    untold: Mapping[str, Sequence[str]],
) -> dict[str, Any]:
    """Everything that the template asks for, by section."""
    videos, report = results.videos, settings["report"]
    verdicts = [kept for a in results.accounts.values() for kept in tried_verdicts(a["adaptation"])]
    calibrated = [model for model, check in results.checks.items() if check is not None]
    sentences = methods_sentences(settings, datasets, verdicts, calibrated)
    sentences += behavior_sentences(settings, any(p["arena"] for p in places.values()))
    sentences += terms_sentences(results.terms)
    written, software = json.dumps(settings, indent=2, ensure_ascii=False), versions()
    sentences.append(software_sentence(software, source_fingerprint(), bool(results.networks)))
    closely = [
        read_video(results, video, report["trace_seconds"])
        for video in videos_to_show(videos, SHOWN_VIDEOS)
    ]
    count = report["trace_keypoints"]
    return {
        "title": report["title"],
        "counts": count_statuses(videos),
        "frames": frame_account(videos),
        "error_percent": number(median_error_percent(results.truth)),
        "failures": failures(videos, snakemake),
        "snakemake": snakemake,
        "wall": wall(videos, results.stills),
        "min_score": report["labeled_min_score"],
        "quality": quality_table(videos, results.accounts),
        "remarks": shared_remarks(results.accounts.values()),
        "ranges": figure_ranges(videos) if len(videos) > TABLE_ROWS else None,
        "accuracy": accuracy(results.truth),
        "models": models(results),
        "students": student_section(results.students, results.accounts),
        "behaviors": behavior_section(results.classifiers, results.classified),
        "groups": group_section(results.groups, results.group_warnings),
        "maps": path_maps(videos, results.paths, places),
        **_what_animals_did(results, settings["groups"], untold),
        "drift": drift_section(videos, results.accounts),
        "resources": resources(results.uses, results.sizes),
        "transfer": transfer_section(results.transfer) if results.transfer else None,
        "trust": _trust(results),
        "coverage": coverage(results.coverage),
        "labels": _labels(results, report, pictures),
        "closely": [closer_look(r, i, count) for i, r in enumerate(closely)],
        "labeled_videos": named_or_all(report["labeled_videos"], results.accounts),
        "versions": software,
        "networks": network_table(results.networks, settings["models"], results.terms),
        "datasets": dataset_table(datasets, results.coverage),
        "methods": numbered(sentences),
        "settings": written,
        "settings_digest": text_fingerprint(written),
    }


def _what_animals_did(
    results: StudyResults, of: Mapping[str, Any], untold: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Time per behavior and gait, by group; `of` are the settings of groups."""
    groups = groups_of(results.videos, results.accounts, of["column"])
    lasting = {v["video"]: v["duration_s"] for v in results.videos if v.get("duration_s")}
    empty = [v["video"] for v in results.videos if v.get("frames_predicted") == 0]
    lacking = {behavior: {*videos, *empty} for behavior, videos in untold.items()}
    classified, walks = results.classified, results.walks
    rows = [*results.times, *(row for own in classified.values() for row in own), *walks]
    animals = animals_of(results.seen, rows, groups, results.accounts, of["animal_column"])
    shares = shares_of(results.times, classified, animals, lasting, groups, lacking)
    gait = gait_section(walks, animals, groups, of["reference"])
    return {"times": time_section(shares, of["reference"]), "gait": gait}


def _trust(results: StudyResults) -> dict[str, Any]:
    """What the page says of how far it can be trusted: by model, against truth, by video."""
    found = {video: covered_of(rows) for video, rows in results.truth.items()}
    covered = {video: levels for video, levels in found.items() if levels}
    known = {model: check[0] for model, check in results.checks.items() if check is not None}
    return {
        **trust(results.checks),
        "svg": reliability_diagram(known, covered),
        "truth": reliability_table(covered),
        "videos": extrapolated(results.videos),
    }


def _labels(
    results: StudyResults, report: Mapping[str, Any], pictures: Mapping[str, str]
) -> dict[str, Any]:
    """What the page says and shows of the labels themselves."""
    unified, findings, repeats = results.unified, results.findings, results.repeats
    return {
        "counts": finding_table(list(unified), findings, repeats),
        "leaks": leaks(repeats),
        "findings": finding_pictures(findings, unified, pictures, report["finding_pictures"]),
        "datasets": dataset_pictures(unified, pictures, report["dataset_pictures"]),
    }
