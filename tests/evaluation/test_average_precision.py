import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from superanimal_core.evaluation.average_precision import average_precision
from superanimal_core.evaluation.metrics import extent_area_px2, pose_precision
from superanimal_core.pose.keypoints import KeypointSpace
from superanimal_core.pose.labels import Labels, LabelState

KEYPOINTS = 5


def animals(seed, images, per_image):
    """Labels of several animals per image, predictions of each that are off by little or much."""
    random = np.random.default_rng(seed)
    image = np.repeat(np.arange(images), random.integers(1, per_image + 1, images))
    n = len(image)
    low = random.uniform(0, 300, (n, 2))
    xy = low[:, None] + random.uniform(0, 120, (n, KEYPOINTS, 2))
    state = np.where(random.random((n, KEYPOINTS)) < 0.3, 0, 3)
    state[:, :2] = LabelState.VISIBLE
    predicted = xy + random.normal(0, 1, xy.shape) * random.choice([3, 20, 60], (n, 1, 1))
    score = random.choice([0.2, 0.4, 0.6, 0.8], (n, KEYPOINTS))  # ties happen
    xy[state < LabelState.OCCLUDED] = np.nan
    labels = Labels(
        space=KeypointSpace("s", tuple("abcde")),
        source=np.full(n, "lab"),
        image=image.astype(str),
        image_size_px=np.full((n, 2), 500),
        individual=np.arange(n).astype(str),
        group=image.astype(str),
        split=np.full(n, "test"),
        box_xyxy_px=np.concatenate([low, low + 120], axis=1),
        xy_px=xy,
        state=state,
        score=np.ones((n, KEYPOINTS)),
    )
    return labels, predicted, score


def pycocotools_figures(labels, predicted, score, area, sigma):
    """mAP and mAR by COCO's own program."""
    numbers = {name: i + 1 for i, name in enumerate(np.unique(labels.image))}
    truth, found = [], []
    for i in range(len(labels)):
        known = labels.is_located[i]
        points = np.column_stack([np.nan_to_num(labels.xy_px[i]), 2 * known])
        common = {"image_id": numbers[labels.image[i]], "category_id": 1}
        truth.append(
            {
                **common,
                "id": i + 1,
                "iscrowd": 0,
                "bbox": [0, 0, 1, 1],
                "area": float(area[i]),
                "num_keypoints": int(known.sum()),
                "keypoints": points.ravel().tolist(),
            }
        )
        points = np.column_stack([predicted[i], np.ones(KEYPOINTS)])
        found.append(
            {**common, "keypoints": points.ravel().tolist(), "score": float(score[i].mean())}
        )
    coco = COCO()
    coco.dataset = {
        "info": {},
        "images": [{"id": number} for number in numbers.values()],
        "categories": [{"id": 1}],
        "annotations": truth,
    }
    coco.createIndex()
    evaluation = COCOeval(coco, coco.loadRes(found), "keypoints")
    evaluation.params.kpt_oks_sigmas = sigma
    evaluation.evaluate()
    evaluation.accumulate()
    return (
        evaluation.eval["precision"][:, :, 0, 0, 0].mean(),
        evaluation.eval["recall"][:, 0, 0, 0].mean(),
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**16), st.sampled_from([1, 3, 25]))
def test_precision_and_recall_are_those_of_pycocotools(seed, per_image):
    labels, predicted, score = animals(seed, 8, per_image)
    random = np.random.default_rng(seed)
    area, sigma = random.uniform(500, 20000, len(labels)), random.uniform(0.03, 0.15, KEYPOINTS)
    expected = pycocotools_figures(labels, predicted, score, area, sigma)
    found = pose_precision(predicted, score, labels, area, sigma)
    assert found == pytest.approx(expected, abs=1e-6)


def test_perfect_predictions_have_precision_one_and_none_have_zero():
    labels, _, score = animals(0, 6, 3)
    area, sigma = np.full(len(labels), 1e4), np.full(KEYPOINTS, 0.1)
    truth = np.nan_to_num(labels.xy_px)
    assert pose_precision(truth, score, labels, area, sigma) == pytest.approx((1, 1))
    assert pose_precision(truth + 1e6, score, labels, area, sigma) == (0, 0)


def test_images_without_predictions_cost_recall_and_those_without_labels_precision():
    one, none = np.ones((1, 1)), np.zeros(0)
    found = average_precision([one, np.ones((0, 1))], [np.ones(1), none])
    assert found.recall == 0.5
    assert found.precision == pytest.approx(51 / 101)
    found = average_precision([one, np.ones((1, 0))], [np.array([0.5]), np.array([0.9])])
    assert found == pytest.approx((0.5, 1.0))
    assert np.isnan(average_precision([np.ones((1, 0))], [np.ones(1)])).all()


def test_deeplabcuts_area_is_that_around_the_labels_and_unknown_without_extent():
    xy = np.array([[[0.0, 0], [4, 3]], [[1, 1], [np.nan, np.nan]], [[2, 2], [2, 9]]])
    np.testing.assert_array_equal(extent_area_px2(xy), [12, np.nan, np.nan])
