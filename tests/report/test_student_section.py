import pytest

from superanimal_core.report.student_section import student_section

NAN = float("nan")
KEYS = (
    *("of", "name", "positions", "student_error_px", "ensemble_error_px", "student_within_90"),
    *("ensemble_within_90", "student_jitter_px", "ensemble_jitter_px", "apart_px"),
    *("student_lost", "ensemble_lost"),
)


def row(*values):
    return dict(zip(KEYS, values, strict=True))


LABELS = row("labels", "lab", 90, 4.0, 5.0, 0.91, 0.9, NAN, NAN, NAN, 10, 0)
SHORT = row("frames", "a", 10, NAN, NAN, NAN, NAN, 1.0, 2.0, 3.0, 0, 0)
LONG = row("frames", "b", 30, NAN, NAN, NAN, NAN, 2.0, 4.0, 1.0, 0, 0)
EMPTY = row("frames", "c", 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 40, 0)


def test_videos_count_by_their_positions_and_one_without_any_hides_nothing():
    section = student_section({"fast": [LABELS, SHORT, LONG, EMPTY]}, {})
    of_labels, of_frames = section["table"].rows
    assert of_labels[:5] == ("fast", "lab", "90", "4.00", "5.00")
    assert of_labels[-1] == "10.0"  # lost of 100
    assert of_frames[1] == "frames of 3 videos"
    assert of_frames[7:] == ("1.75", "3.50", "1.50", "50.0")


@pytest.mark.parametrize("trusted", [0, 1, 3])
def test_it_is_told_how_often_the_ensemble_went_on(trusted):
    verdicts = [{"model": "fast", "is_trusted": i < trusted} for i in range(3)]
    accounts = {f"v{i}": {"student": verdict} for i, verdict in enumerate(verdicts)}
    accounts |= {"other": {"student": {}}, "old": {}}
    (told,) = student_section({"fast": [LABELS]}, accounts)["told"]
    assert told.startswith(f"Of 3 videos with the model fast, the student saw {trusted}, ")
    assert f"ensemble {3 - trusted}," in told


def test_a_study_without_students_says_nothing_of_them():
    assert student_section({}, {"v": {"student": {}}}) is None
