"""The report: it tells what the tables say, whatever they hold, and needs nothing but itself."""

import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_study import (
    DATASETS,
    REASON,
    REMARK,
    UNTOLD,
    Made,
    inputs_of,
    places_of,
    settings,
    write_report,
    write_study,
)

from superanimal_core.jobs.group_comparing import compare_and_write
from superanimal_core.report.cohort import figure_ranges, quality_table, videos_to_show
from superanimal_core.report.methods import methods_sentences, terms_sentences
from superanimal_core.report.page import FOLDER, PARTS, page_contents, render, write_page
from superanimal_core.report.references import numbered
from superanimal_core.report.results import read_results
from superanimal_core.tables.names import OF_COHORT
from superanimal_core.tables.parquet import write_parquet


class PageReader(HTMLParser):
    """Text, rows of tables, links, classes of cells and identifiers of a page."""

    def __init__(self, text):
        super().__init__()
        self.in_cell = False
        self.rows, self.references, self.ids, self.kinds, self.words = [], [], [], [], []
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.in_cell = True
            self.rows[-1].append("")
            self.kinds.append((attrs.get("class"), attrs.get("title")))
        self.ids += [attrs["id"]] if "id" in attrs else []
        for name in ("src", "href", "xlink:href", "data"):
            if name in attrs:
                self.references.append((tag, attrs[name]))

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, text):
        self.words.append(text)
        if self.in_cell:
            self.rows[-1][-1] += text.strip()

    def rows_of(self, first):
        return [row for row in self.rows if row and row[0] == first]


def test_a_failed_video_is_named_with_its_reason_and_its_command(page):
    read = PageReader(page)
    assert REASON in read.text
    assert (
        "results/videos/torn0/quality.json --forcerun results/videos/torn0/frames.parquet"
        in read.text
    )
    assert "logs/probe_video/torn0" in read.text
    (row,) = read.rows_of("torn0")
    assert row[1] == "failed"


def test_what_holds_of_every_video_is_said_once_and_makes_none_doubtful(page):
    read = PageReader(page)
    assert f"Of 2 videos: {REMARK}." in read.text
    assert read.text.count(REMARK) == 1


def test_the_quality_table_tells_the_figures_of_every_video(page):
    read = PageReader(page)
    (row,) = [r for r in read.rows_of("good0") if "ok" in r]
    assert row[:6] == ["good0", "ok", "mouse1", "200", "200", "200"]
    assert "1 / 1" in row  # one adaptation kept, one rolled back
    (row,) = [r for r in read.rows_of("doubtful0") if "flagged" in r]
    assert "(48%): " in row[-1]


def test_the_worst_videos_come_first(page):
    rows = [row for row in PageReader(page).rows if len(row) > 1]
    listed = [row[0] for row in rows if row[1] in ("ok", "flagged", "failed")]
    assert listed == ["torn0", "doubtful0", "good0"]


def test_errors_against_truth_are_those_of_the_table(study, page):
    read = PageReader(page)
    path = study / "results" / "videos" / "good0" / "truth.parquet"
    rows = pq.read_table(path).to_pylist()
    (smoothed,) = [
        r["value"] for r in rows if (r["stage"], r["name"], r["unit"]) == ("smoothed", "all", "px")
    ]
    (frequency,) = [r for r in rows if r["quantity"] == "stride_frequency"]
    shown = read.rows_of("good0")
    assert any(f"{smoothed:.2f}" in row for row in shown)
    assert any(f"{frequency['value']:.2f}" in row and "2.50" in row for row in shown)
    assert ["good0", "walk", "1", "1", "1.00"] in shown


def test_held_out_errors_are_those_of_the_ensemble_and_of_its_networks(page):
    (row,) = [row for row in PageReader(page).rows_of("walker") if row[1] == "barn"]
    assert row[1:6] == ["barn", "72", "4.00", "–", "3.00 to 5.00"]  # one group: no interval


def test_the_circles_are_held_to_their_promise(page):
    read = PageReader(page)
    row = ["walker", "some videos or animals", "53", "93", "as promised"]
    assert row in read.rows_of("walker")
    (video,) = [row for row in read.rows_of("good0") if row[-1] == "larger than needed"]
    # 0.4 px of noise in x and y: 1 - exp(-r^2 / 0.32) within r = 0.5 and 1 px
    assert [int(cell) for cell in video[1:3]] == pytest.approx([54, 96], abs=3)


def test_every_smoother_is_compared_where_keypoints_are_seen_and_hidden(page):
    rows = {
        row[1]: row for row in PageReader(page).rows_of("good0") if row[1] in ("seen", "hidden")
    }
    assert set(rows) == {"seen", "hidden"}
    for row in rows.values():
        raw, smoothed = map(float, row[2:])
        assert raw == pytest.approx(2 * np.sqrt(np.pi / 2), rel=0.1)
        assert smoothed == pytest.approx(0.4 * np.sqrt(np.pi / 2), rel=0.1)


def test_medians_of_the_gait_have_their_interval(page):
    rows = [row for row in PageReader(page).rows_of("animal0") if "to" in row[2]]
    assert len(rows) == 8  # four limbs in each of two videos
    assert rows[0][2] == "399 (399 to 399)"


def test_a_keypoint_outside_a_data_set_differs_from_one_that_is_not_labeled(page):
    read = PageReader(page)
    (nose,) = read.rows_of("nose")
    assert nose == ["nose", "0", "12"]
    assert ("unlabeled", "12 not labeled") in read.kinds
    assert ("undefined", "not in this data set") in read.kinds
    assert "1 of 8 keypoints are in no data set." in read.text
    assert "does not predict them: antler" in read.text


def test_gait_is_told_for_each_limb(page):
    rows = [row for row in PageReader(page).rows if row[:2] == ["animal0", "front_left_paw"]]
    rows = [row for row in rows if "±" in row[4]]
    assert len(rows) == 2  # the good and the doubtful video
    assert rows[0][3].startswith("2.5")
    assert rows[0][-1] == "5.8"  # ms at 50 Hz


def test_findings_and_pictures_of_labels_are_on_the_page(study, page):
    read = PageReader(page)
    datasets = study / "results" / "datasets"
    audits = {name: pq.read_table(datasets / name / "audit.parquet") for name in DATASETS}
    header = next(row for row in read.rows if row[:1] == ["data set"] and "point" in row[1])
    place = read.rows.index(header)
    for name, row in zip(DATASETS, read.rows[place + 1 :], strict=False):
        kinds = audits[name]["kind"].to_pylist()
        counts = dict(zip(header, row, strict=True))
        assert counts["data set"] == name
        assert counts["point outside its image"] == str(kinds.count("outside_image"))
        assert counts["point outside its box"] == str(kinds.count("outside_box"))
        assert counts["picture stands twice"] == ("1" if name == "barn" else "0")
    pictures = [reference for tag, reference in read.references if tag == "img"]
    stills = page.count('alt="good0, frame') + page.count('alt="doubtful0, frame')
    assert len(pictures) - stills == 2 + 1 + 3  # of outside_image, of outside_box, of the barn
    assert all(p.startswith("data:image/jpeg;base64,") for p in pictures)
    assert "1 picture stands in training and in test under two names" in read.text
    assert "No picture is there" in read.text  # of the yard


def test_frames_of_the_videos_come_first_the_doubtful_before_the_good(page):
    places = [page.index(words) for words in ('alt="doubtful0, frame', 'alt="good0, frame')]
    places.append(page.index('<section id="videos">'))
    assert places == sorted(places)
    assert 'alt="torn0' not in page


def test_the_page_needs_nothing_but_itself(page):
    read = PageReader(page)
    for tag, reference in read.references:
        inside = reference.startswith(("#", "data:", "../videos/"))
        assert inside or (tag == "a" and reference.startswith("https://doi.org/")), reference
    assert "<script" not in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert len(page) < 20e6


def test_the_page_tells_which_video_is_extrapolated(page):
    read = PageReader(page)
    assert "Familiar: 1 of 2 videos" in read.text
    (row,) = [row for row in read.rows_of("doubtful0") if row[-1].startswith("unlike")]
    # poses in the first half of 200 frames, and in the last 5
    assert row == ["doubtful0", "100.0", "95", "0.7", "unlike anything labeled"]


def test_without_a_calibration_nothing_is_promised(tmp_path):
    read = PageReader(write_report(tmp_path, Made(has_held_out_labels=False, has_truth=False)))
    for words in ("has no circles", "No band", "The gait has no intervals", "all are plain"):
        assert words in read.text
    assert "no error was calibrated for walker" in read.text
    assert read.rows_of("good0")[-1] == ["good0", "–", "0", "–", "not known"]


def test_every_reference_within_the_page_leads_somewhere_and_only_there(page):
    read = PageReader(page)
    inside = {r[1:] for _, r in read.references if r.startswith("#")}
    assert inside <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


def test_sections_are_those_of_the_list_of_sections_and_none_is_empty(tmp_path, page):
    days = (("date", "2026-01-01"), ("camera", "a"), ("group", "x"))
    many = write_report(tmp_path, Made(columns=days, group_column="group"))
    for text in (page, many):
        sections = re.findall(r'<section id="(\w+)">(.*?)</section>', text, re.DOTALL)
        listed = re.findall(r'<a href="#(\w+)">', text[text.index("<nav") : text.index("</nav>")])
        assert [name for name, _ in sections] == listed
        for name, content in sections:
            shown = re.sub(r"<h2>.*?</h2>", "", content, flags=re.DOTALL)
            assert re.search(r"<(svg|table|img|pre)\b", shown), name
            assert not re.search(r"<tbody>\s*</tbody>|<figure>\s*</figure>", shown), name


def test_where_animals_went_what_they_did_and_what_it_cost_is_shown(tmp_path):
    made = Made(good=2, columns=(("genotype", "wild"),), group_column="genotype")
    file = tmp_path / "benchmarks/smooth_poses/good0.tsv"
    file.parent.mkdir(parents=True)
    file.write_text("s\tmax_rss\tcpu_time\n7200\t1500\t3600\n")
    page = write_report(tmp_path, made)
    read = PageReader(page)
    maps = re.findall(r'<svg class="map".*?</svg>', page)
    assert len(maps) == 2
    assert all('class="arena"' in drawn and "food</text>" in drawn for drawn in maps)
    assert ["walk", "wild", "2", "2", "50.0", "50.0 to 50.0", "15.00", "2.00"] in read.rows
    assert ["good0", "animal0", "50.0(1)", "50.0(1)"] in read.rows  # pause, walk
    (frequency,) = read.rows_of("stride frequency")
    assert frequency[2].startswith("2.50 (")
    assert read.rows_of("smooth_poses") == [
        ["smooth_poses", "1", "2 h", "1 h", "–", "1 h", "1.5 GB"]
    ]
    assert "1 job took 1 h of processors" in read.text


def test_what_a_video_cannot_tell_and_what_nobody_shows_reach_the_page(study):
    results = read_results(inputs_of(study / "results", Made(flagged=1)), ())
    [_, doubtful] = [v["video"] for v in results.videos if v["status"] != "failed"]
    untold = UNTOLD | {"walk": [doubtful], "never": []}
    given = (settings(Made(), "s"), DATASETS, {}, "snakemake", {}, untold)

    def rows():
        table = page_contents(results, *given)["times"]["table"]
        return {row[0]: row[2:5] for row in table.rows}

    # mouse1 is in both videos: one animal; of walk only the first video tells, 50 %
    assert rows()["walk"] == ("1", "1", "50.0")
    assert rows()["never"] == ("1", "0", "0.0")
    assert page_contents(results, *given)["gait"]["animals"] == 1
    for account in results.accounts.values():
        account["columns"]["subject"] = account["video"]
    assert rows()["never"] == ("2", "0", "0.0")
    for row in results.videos:
        row["frames_predicted"] = 0 if row["video"] == doubtful else row["frames_predicted"]
    assert rows()["never"] == ("1", "0", "0.0")  # where no animal is seen, nothing is told


def test_the_page_counts_the_animals_that_the_comparison_of_groups_counts(tmp_path):
    """animal1 is seen, in half of the frames, and does nothing; animal2 is not seen."""
    made = Made(good=1, failed=0, has_truth=False, group_column="group")
    made = replace(made, columns=(("subject", "mouse1"), ("group", "g")))
    write_study(tmp_path / "results", made)
    tables = tmp_path / "results" / "tables"
    counts = {"animal0": [0.0, 0.0], "animal1": [np.nan, 1.0], "animal2": [np.nan, np.nan]}
    rows = [
        {"video": "good0", "individual": name, "bridged_keypoints": bridged}
        for name, own in counts.items()
        for bridged in own
    ]
    write_parquet(pa.Table.from_pylist(rows), tables / "features.parquet", {})
    results = read_results(inputs_of(tmp_path / "results", made), ())
    contents = page_contents(results, settings(made, "s"), DATASETS, {}, "snakemake", {}, UNTOLD)
    [walk] = [row for row in contents["times"]["table"].rows if row[0] == "walk"]
    assert walk[2:5] == ("2", "1", "25.0")  # 50 % of animal0
    assert contents["gait"]["animals"] == 1
    groups = {"column": "group", "reference": None, "animal_column": "subject"}
    given = {n: str(tables / f"{n}.parquet") for n in OF_COHORT}
    compare_and_write(given, [], UNTOLD, groups, str(tmp_path / "groups.parquet"), {})
    compared = pq.read_table(tmp_path / "groups.parquet").to_pylist()
    [walk] = [row for row in compared if row["measure"] == "walk: fraction of time"]
    assert (walk["animals"], walk["mean"]) == (2, 0.25)


def test_days_and_cameras_are_shown_where_the_sheet_has_them(study, page):
    assert 'id="drift"' not in page
    results = read_results(inputs_of(study / "results", Made(flagged=1)), ())
    for day, account in enumerate(results.accounts.values(), start=1):
        account["columns"]["date"] = f"2026-01-0{day}"
    contents = page_contents(results, settings(Made(), "s"), DATASETS, {}, "snakemake", {}, {})
    assert contents["drift"]["asked"] == "the days of the column date, 2026-01-01 to 2026-01-03"


def test_the_page_can_be_read_by_keyboard(page):
    assert page.index('<a class="skip" href="#start">') < page.index("<header>")
    assert page.index("</nav>") < page.index('<main id="start">')
    for tag in re.findall(r'<div class="wide"[^>]*>', page):
        assert 'tabindex="0" role="region" aria-label="' in tag
    assert not re.search(r'tabindex="[1-9]', page)
    for picture in re.findall(r"<img [^>]*>", page):
        assert re.search(r'alt="[^"]+"', picture)
    for drawn in re.findall(r"<svg [^>]*>", page):
        assert re.search(r'aria-label="[^"]+"|aria-hidden="true"', drawn)


def test_the_networks_are_named_with_their_digits(study, page):
    weights = study / "results/models/walker/member-1/weights.safetensors"
    rows = PageReader(page).rows_of("walker")
    (row,) = [row for row in rows if row[1] == "member-1"]
    assert row[4] == hashlib.sha256(weights.read_bytes()).hexdigest()[:16]


def test_the_same_results_give_the_same_page(study, page):
    made, again = Made(good=1, flagged=1, failed=1), study / "again.html"
    write_page(
        again,
        inputs_of(study / "results", made),
        settings(made, "A study"),
        DATASETS,
        {},
        "snakemake",
        places_of(made),
        UNTOLD,
    )
    assert again.read_text(encoding="utf-8") == page


def test_what_users_write_is_text_never_markup(tmp_path):
    own = (("subject", "<script>alert(1)</script>"), ("group <b>", "R&D"))
    page = write_report(tmp_path, Made(columns=own), title="Mice & <i>men</i>")
    assert "<script" not in page
    assert "<i>men" not in page
    read = PageReader(page)
    assert "<script>alert(1)</script>" in read.text
    assert "Mice & <i>men</i>" in read.text
    assert "group <b>" in read.text


@pytest.mark.parametrize(
    ("made", "absent", "present"),
    [
        (
            Made(good=0, failed=2),
            ["Videos seen closely", "against truth"],
            ["No video could be processed"],
        ),
        (
            Made(has_truth=False, seeds=1, is_adapted=False),
            ["against truth", "member-1", "rolled back otherwise"],
            ["Footfalls", "1 network ", "All walks together"],
        ),
        (
            Made(has_feet=False, failed=0, has_held_out_labels=False),
            [
                "Footfalls",
                "All walks together",
                "Stride frequency",
                "could not be processed",
                "PCK",
                "The circles of the model",
            ],
            ["Traces", "Behavior", "No labels were held out", "has no circles", "No band"],
        ),
    ],
)
def test_the_page_holds_whatever_is_missing(tmp_path, made, absent, present):
    text = PageReader(write_report(tmp_path, made)).text
    for words in absent:
        assert words not in text
    for words in present:
        assert words in text


def test_the_methods_name_data_sets_licenses_and_papers(page):
    text = PageReader(page).text
    assert "barn (CC0-1.0) and yard (no license stated)" in text
    assert "Nature Communications 15, 5165 (2024)" in text
    assert "Nature Methods 21" in text
    assert "the adaptation was kept in 2 of 4 cases" in text
    for words in ("isotonic regression", "split conformal prediction [3]", "random effect [4]"):
        assert words in text
    assert "Distribution-free predictive inference" in text
    assert "no error was calibrated" not in text


def test_of_many_videos_a_few_are_shown_the_worst_flagged_and_the_first_good():
    videos = [{"video": f"ok{i}", "status": "ok"} for i in range(900)]
    videos += [
        {"video": f"bad{i}", "status": "flagged", "absent_fraction": i / 100, "mean_score": 0.5}
        for i in range(90)
    ]
    assert videos_to_show(videos, 5) == ["bad89", "bad88", "bad87", "ok0", "ok1"]
    assert videos_to_show(videos[:900], 5) == ["ok0", "ok1", "ok2", "ok3", "ok4"]
    assert videos_to_show(videos[899:], 5) == ["bad89", "bad88", "bad87", "bad86", "ok899"]


def test_the_report_shows_the_expected_error_and_no_variance_that_is_too_small():
    figures = {"mean_score": 0.5, "median_uncertainty_px": 0.1, "median_expected_error_px": 7.0}
    video = {"video": "v", "status": "ok", "reason": ""} | figures
    account = {"video": "v", "columns": {}, "adaptation": []}
    for table in (quality_table([video], {"v": account}), figure_ranges([video])):
        assert any("expected error" in name for name, _ in table.columns) or any(
            "expected error" in row[0] for row in table.rows
        )
        assert not any("0.1" in row for row in table.rows)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ([], "–"),
        ([(False, False), (False, False)], "not tried"),
        ([(True, True), (False, True)], "1 / 1"),
        ([(True, True), (False, False)], "1 / 0"),
    ],
)
def test_a_video_that_was_passed_by_is_not_rolled_back(told, shown):
    verdicts = [{"is_kept": kept, "is_tried": tried} for kept, tried in told]
    video = {"video": "v", "status": "ok", "reason": ""}
    account = {"video": "v", "columns": {}, "adaptation": verdicts}
    table = quality_table([video], {"v": account})
    place = [name for name, _ in table.columns].index("adaptation")
    assert table.rows[0][place] == shown


def test_the_quality_table_of_many_videos_ends_after_the_worst():
    videos = [
        {"video": f"v{i}", "status": "ok", "reason": "", "mean_score": i / 1000} for i in range(900)
    ]
    accounts = {video["video"]: {"columns": {}, "adaptation": []} for video in videos}
    table = quality_table(videos, accounts)
    assert [row[0] for row in table.rows] == [f"v{i}" for i in range(50)]
    assert table.left_out == 850
    (score,) = [row for row in figure_ranges(videos).rows if row[0] == "mean score"]
    assert score[2:] == ("0.00", "0.04", "0.45", "0.85", "0.90")


def test_a_keypoint_that_nothing_teaches_has_no_trace(page):
    assert not re.search(r"<text[^>]*>antler</text>", page)
    assert re.search(r"<text[^>]*>tail_base</text>", page)


@pytest.mark.parametrize("method", ["none", "eks", "median", "savitzky_golay", "one_euro"])
def test_the_methods_name_every_way_of_smoothing(method):
    chosen = settings(Made(), "A study")
    chosen["smoothing"] = {"method": method, "center": "median", "eks": {"noise": "learned"}}
    text, references = numbered(methods_sentences(chosen, DATASETS, [], []))
    assert "smoothed" in text
    assert any("Lightning Pose" in words for words, _ in references) == (method == "eks")


@pytest.mark.parametrize(
    ("per", "when", "said"),
    [
        ("video", "needed", "Where it promised to pay, each network was adapted to a video on"),
        ("video", "always", "Each network was adapted to each video on"),
        ("camera", "needed", "each network was adapted to the videos of a camera together on"),
        ("cohort", "always", "Each network was adapted to all videos together on"),
    ],
)
def test_the_methods_tell_what_networks_were_adapted_to(per, when, said):
    chosen = settings(Made(), "A study")
    chosen["adaptation"] = chosen["adaptation"] | {"per": per, "when": when, "enabled": True}
    assert said in " ".join(methods_sentences(chosen, DATASETS, [], []))


def test_the_report_never_imports_torch():
    code = "import sys, superanimal_core.report.page; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_demo_prints_errors_failures_and_where_the_report_is(study):
    program = Path(__file__).parents[2] / "demo" / "print_results.py"
    command = [sys.executable, str(program), "."]
    done = subprocess.run(command, cwd=study, check=True, capture_output=True, text=True)
    assert re.search(r"good0 +\d\.\d\d \(\d\.\d %\)", done.stdout)
    assert REASON in done.stdout
    assert "results/report/index.html" in done.stdout


def test_the_methods_tell_terms_of_use_of_models_that_have_some():
    assert terms_sentences({"own": [], "bound": ["weights for research only"]}) == [
        "The networks of the model bound were made from weights for research only."
    ]


def test_the_methods_tell_only_what_the_models_of_the_study_do():
    chosen = settings(Made(), "A study")
    brought = {"space": "other", "predictions": {"format": "sleap"}}
    whole = " ".join(methods_sentences(chosen, DATASETS, [], []))
    own = " ".join(methods_sentences(chosen | {"models": {"theirs": brought}}, {}, [], []))
    for words in ("adapted to a video", "Strides were measured"):
        assert words in whole
        assert words not in own  # nothing is adapted without networks; `other` has no limbs


def test_a_study_without_data_sets_has_no_sections_about_them(study):
    made = Made(flagged=1)
    results = read_results(inputs_of(study / "results", made), ())
    results = replace(results, coverage=[], unified={}, findings=[], repeats=[])
    contents = page_contents(results, settings(made, "s"), {}, {}, "snakemake", {}, {})
    text = render(*((FOLDER / name).read_text() for name in PARTS), contents)
    for name in ("coverage", "labels"):
        assert f'id="{name}"' not in text
        assert f'href="#{name}"' not in text
    assert not re.search(r"<tbody>\s*</tbody>", text)


@pytest.mark.parametrize(("failed", "folded"), [(5, 0), (6, 1)])
def test_of_many_failures_the_first_are_open(tmp_path, failed, folded):
    page = write_report(tmp_path, Made(good=1, failed=failed, has_truth=False))
    section = page[page.index('<section id="failures">') : page.index('<section id="wall">')]
    shown, _, hidden = section.partition("<details>")
    assert shown.count("--forcerun results/") == failed - folded
    assert hidden.count("--forcerun results/") == folded
    assert ("1 more failure<" in section) == bool(folded)
