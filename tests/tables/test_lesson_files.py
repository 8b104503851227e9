import numpy as np
import pyarrow as pa
import pytest

from superanimal_core.errors import VideoError
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState
from superanimal_core.tables.lesson_files import read_lessons, write_lessons
from superanimal_core.tables.parquet import write_failure, write_parquet
from superanimal_core.tables.stand_ins import of_who_saw, student_flags, student_record

SPACE = KeypointSpace("s", ("a", "b", "c"), mirror_pairs=(("a", "b"),))


def test_lessons_come_back_with_their_weights(tmp_path):
    random, n = np.random.default_rng(0), 4
    weight = random.uniform(size=(n, 3)) * random.integers(0, 2, (n, 3))
    names = np.array([f"v/pictures/{i:06d}.jpg" for i in range(n)], dtype=object)
    lessons = Labels(
        space=SPACE, source=np.full(n, "v"), image=names, image_size_px=np.full((n, 2), 64),
        individual=np.full(n, "animal0"), group=np.full(n, "v"), split=np.full(n, "train"),
        box_xyxy_px=random.uniform(size=(n, 4)),
        xy_px=np.where(weight[..., None] > 0, random.uniform(size=(n, 3, 2)), np.nan),
        state=np.where(weight > 0, LabelState.TAUGHT, LabelState.NOT_IN_DATASET).astype(int),
        score=random.uniform(size=(n, 3)), weight=weight,
    )  # fmt: skip
    worth = random.uniform(size=n)
    write_lessons(lessons, worth, tmp_path / "lessons.parquet", {"rule": "test"})
    back, informative = read_lessons(tmp_path / "lessons.parquet")
    assert (back.weight == weight).all()
    assert (informative == worth).all()
    assert (back.state == lessons.state).all()
    assert (back.image == names).all()
    assert np.array_equal(back.xy_px, lessons.xy_px, equal_nan=True)


VERDICT = {"model": "fast", "teacher": "slow", "reason": "20 of 30", "is_trusted": False}
PATHS = [f"results/models/{model}/member-{i}" for model in ("fast", "slow") for i in (0, 1)]


@pytest.mark.parametrize(("is_trusted", "model"), [(True, "fast"), (False, "slow")])
def test_what_belongs_to_who_saw_a_video_goes_on(tmp_path, is_trusted, model):
    record = {"student": VERDICT | {"is_trusted": is_trusted}}
    write_parquet(pa.table({}), tmp_path / "member-0.parquet", record)
    assert student_record(tmp_path) == record
    assert {path.split("/")[2] for path in of_who_saw(tmp_path, PATHS)} == {model}
    assert len(of_who_saw(tmp_path, PATHS)) == 2


def test_videos_of_other_models_have_no_student_and_nothing_is_left_out(tmp_path):
    write_parquet(pa.table({}), tmp_path / "member-0.parquet", {"rule": "predict_poses"})
    assert student_record(tmp_path) == {}
    assert of_who_saw(tmp_path, PATHS) == PATHS


def test_a_failed_video_stays_failed(tmp_path):
    write_failure(tmp_path / "predicted", {"failure": {"stage": "probe_video", "reason": "torn"}})
    with pytest.raises(VideoError, match="torn"):
        student_record(tmp_path / "predicted")


def test_only_a_student_that_was_not_trusted_is_told():
    assert student_flags(None) == student_flags(VERDICT | {"is_trusted": True}) == []
    assert student_flags(VERDICT) == ["seen by the ensemble slow, not its student: 20 of 30"]
