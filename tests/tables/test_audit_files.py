import pyarrow as pa
import pytest

from superanimal_core.datasets.same_pictures import SIDE
from superanimal_core.tables.parquet import write_parquet
from superanimal_core.tables.picture_files import PICTURE_SCHEMA, find_repeats


def test_no_data_set_has_no_repeats():
    assert find_repeats([], 0.1, ()).num_rows == 0


@pytest.mark.parametrize(
    ("splits", "evaluated", "is_leak"),
    [
        (("train", "train"), (), False),
        (("train", "test"), (), True),
        (("test", "test"), (), False),
        (("train", "train"), ("second",), True),  # which is evaluated whole
        (("train", "test"), ("second",), True),
        (("test", "train"), ("second",), False),
        (("train", "test"), ("first", "second"), False),
    ],
)
def test_a_leak_is_a_picture_that_is_trained_on_and_evaluated(tmp_path, splits, evaluated, is_leak):
    paths = [tmp_path / f"{name}.parquet" for name in ("first", "second")]
    for path, split in zip(paths, splits, strict=True):
        row = {"dataset": path.stem, "image": f"{path.stem}/a.png", "split": split}
        row |= {"digest": "same", "thumbnail": bytes(range(256)) * (SIDE * SIDE // 256)}
        write_parquet(pa.Table.from_pylist([row], schema=PICTURE_SCHEMA), path, {})
    (repeat,) = find_repeats(list(map(str, paths)), 0.06, evaluated).to_pylist()
    assert repeat["is_leak"] == is_leak
