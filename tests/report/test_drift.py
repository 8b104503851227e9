"""Days and cameras: what gets worse is told, what does not is not, at the limits as well."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy import stats

from superanimal_core.report import drift
from superanimal_core.report.dates import day_in, days_of
from superanimal_core.report.drift import FIGURES, findings, seen_by, sentence_of
from superanimal_core.report.drift_section import WINDOW, drift_section, running_median

FIRST = date(2025, 1, 1)


def cohort(scores, cameras=None, days=None, failed=()):
    """Rows of the quality table and accounts; a day each unless they are told."""
    videos, accounts = [], {}
    for i, score in enumerate(scores):
        columns = {} if days is False else {"day": (FIRST + timedelta(days=i)).isoformat()}
        if days:
            columns["day"] = days[i]
        if cameras:
            columns["camera"] = cameras[i]
        status = "failed" if i in failed else "ok"
        figures = {"mean_score": None if i in failed else score}
        videos.append({"video": f"v{i}", "status": status, **figures})
        accounts[f"v{i}"] = {"columns": columns}
    return videos, accounts


def found_in(*arguments, **options):
    videos, accounts = cohort(*arguments, **options)
    return findings(seen_by(videos, accounts, days_of(videos, accounts)))


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-05-31", date(2024, 5, 31)),
        ("20240531", date(2024, 5, 31)),
        ("2024-05-31T14:02:00", date(2024, 5, 31)),
        (" 2024_05_31_m1 ", date(2024, 5, 31)),
        ("2024.05.31", date(2024, 5, 31)),
        ("2024-0531", None),
        ("2024-02-30", None),
        ("2024053112", None),
        ("31.05.2024", None),
        ("m1", None),
    ],
)
def test_a_day_is_written_year_first(cell, day):
    assert day_in(cell) == day


def test_the_column_of_days_is_the_first_whose_cells_all_begin_with_one():
    accounts = {
        "a": {"columns": {"subject": "m1", "born": "2024-01-01", "day": "2025-01-01", "cage": "2"}},
        "b": {"columns": {"subject": "m2", "born": "2024-01-01", "day": "2025-01-02", "cage": "2"}},
        "c": {"columns": {"subject": "m2", "born": "2024-01-01", "day": "", "cage": "2"}},
    }
    videos = [{"video": name} for name in accounts]
    found = days_of(videos, accounts)  # one birthday for all is no day that differs
    assert found == ("day", {"a": date(2025, 1, 1), "b": date(2025, 1, 2)})
    accounts["a"]["columns"]["day"] = "monday"
    assert days_of(videos, accounts) is None


def test_a_camera_that_fails_slowly_is_told_and_the_others_are_not():
    random = np.random.default_rng(0)
    cameras = ["a", "b"] * 40
    scores = 0.9 + 0.02 * random.normal(size=80) - np.arange(80) / 200 * (np.arange(80) % 2)
    first, *others = found_in(scores, cameras)
    assert (first.camera, first.is_drift) == ("b", True)
    assert {finding.camera for finding in others} == {"b"}
    told = sentence_of(first)
    assert told.startswith("Camera b, over the days: score 0.")
    own = scores[1::2]
    assert f"score {np.median(own[-13:]):.2f} in the last third of 40 videos" in told
    assert f"{np.median(own[:13]):.2f} in the first" in told


def test_what_gets_better_is_no_warning():
    assert found_in(np.linspace(0.5, 0.9, 40)) == []


def test_noise_is_no_warning():
    random = np.random.default_rng(1)
    cameras = [str(n) for n in random.integers(0, 4, 200)]
    assert found_in(random.normal(size=200), cameras) == []


@pytest.mark.parametrize("count", [drift.FEWEST - 1, drift.FEWEST])
def test_few_videos_tell_nothing(count, monkeypatch):
    monkeypatch.setattr(drift, "MOST_P", 1.0)
    assert bool(found_in(np.linspace(0.9, 0.5, count))) == (count == drift.FEWEST)


def test_a_weak_drift_is_not_told_however_many_videos_show_it(monkeypatch):
    random = np.random.default_rng(2)
    scores = -np.arange(400) / 400 + 0.9 * random.normal(size=400)
    (tau, p) = stats.kendalltau(np.arange(400), -scores)
    assert p < 1e-4
    monkeypatch.setattr(drift, "LEAST_TAU", np.nextafter(tau, 1))
    assert found_in(scores) == []
    monkeypatch.setattr(drift, "LEAST_TAU", tau)
    (finding,) = found_in(scores)
    assert finding.strength == pytest.approx(tau)


def test_a_camera_is_compared_with_the_others_by_how_often_it_is_worse(monkeypatch):
    random = np.random.default_rng(3)
    cameras = ["a", "b"] * 30
    scores = np.where(np.array(cameras) == "a", 0.0, 1.3) + random.normal(size=60)
    odds = np.mean(scores[::2, None] < scores[None, 1::2])  # brute force over all pairs
    monkeypatch.setattr(drift, "LEAST_ODDS", odds + 1e-9)
    assert found_in(scores, cameras, days=False) == []
    monkeypatch.setattr(drift, "LEAST_ODDS", odds - 1e-9)
    (finding,) = found_in(scores, cameras, days=False)
    assert (finding.camera, finding.is_drift) == ("a", False)
    assert finding.strength == pytest.approx(odds)
    assert "Camera a, beside the others: score" in sentence_of(finding)


def test_p_are_those_of_all_questions_together(monkeypatch):
    scores = np.linspace(0.9, 0.5, 12) + 0.05 * np.random.default_rng(4).normal(size=12)
    p = stats.kendalltau(np.arange(12), -scores).pvalue
    asked = 1  # that no video failed can be no drift: it has no tau
    monkeypatch.setattr(drift, "MOST_P", asked * p * (1 - 1e-9))
    assert found_in(scores) == []
    monkeypatch.setattr(drift, "MOST_P", asked * p)
    assert len(found_in(scores)) == 1


def test_failures_that_become_frequent_are_told():
    (finding,) = found_in(np.full(40, 0.9), failed={*range(25, 40)})
    assert finding.figure.name == "failed"
    assert "failed 100 % of the videos in the last third" in sentence_of(finding)


def test_without_days_and_cameras_there_is_no_section():
    videos, accounts = cohort([0.9] * 10, days=False)
    assert drift_section(videos, accounts) is None
    videos, accounts = cohort([0.9] * 10, ["one"] * 10, days=False)
    assert drift_section(videos, accounts) is None
    videos, accounts = cohort([0.9] * 3, failed={0, 1, 2})
    assert drift_section(videos, accounts) is None


def test_the_table_of_cameras_counts_videos_and_failures():
    videos, accounts = cohort([0.9, 0.7, 0.5, 0.4], ["b", "", "b", "b"], failed={3})
    section = drift_section(videos, accounts)
    assert [row[:4] for row in section["table"].rows] == [
        ("not named", "1", "0", "0.70"),
        ("b", "3", "1", "0.70"),
    ]
    assert section["has_days"]
    assert (
        section["asked"]
        == "the days of the column day, 2025-01-01 to 2025-01-04 and the column camera"
    )
    assert "<svg" in section["figure"]


def test_the_running_median_is_that_of_its_window():
    values = np.random.default_rng(0).normal(size=30)
    half = WINDOW // 2
    brute = [np.median([v for j, v in enumerate(values) if abs(i - j) <= half]) for i in range(30)]
    assert running_median(values) == pytest.approx(brute)


def test_every_figure_is_a_column_of_the_quality_table():
    from superanimal_core.tables.video_columns import QUALITY

    assert {figure.column for figure in FIGURES} <= QUALITY.keys()
