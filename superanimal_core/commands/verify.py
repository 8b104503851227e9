"""Look at a checkpoint before using it: hash, layout, and a picture with its predictions.

    superanimal verify-weights pose_model.pth --space config/keypoints/SPACE.yaml \\
        --detector detector.pt --image frame.png --output looked-at.png

Nothing in the file can run. What does not fit a known layout is listed tensor by tensor.
"""

import argparse

from superanimal_core.errors import SuperAnimalError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `verify-weights`."""
    parser.add_argument("weights", help="checkpoint of a pose network (.pt, .pth, …)")
    parser.add_argument("--space", required=True, help="its keypoint space (.yaml)")
    parser.add_argument("--detector", help="checkpoint of a detector; else: the whole picture")
    parser.add_argument("--image", help="a picture of an animal")
    parser.add_argument("--output", help="where to draw boxes and keypoints into it")
    parser.add_argument("--min-score", type=float, default=0.1, help="weaker ones are not drawn")
    parser.add_argument("--min-box-score", type=float, default=0.6, help="weaker boxes count not")


def run(options: argparse.Namespace) -> None:
    """Print what the files are. SuperAnimalError when one of them cannot be used."""
    from superanimal_core.models import weights_check  # torch takes seconds

    if bool(options.image) != bool(options.output):
        raise SuperAnimalError("--image and --output belong together")
    bundle = weights_check.checked_pose_model(options.weights, options.space)
    detector = weights_check.checked_detector(options.detector) if options.detector else None
    if options.image:
        weights_check.write_predictions(
            options.image,
            options.output,
            bundle,
            detector,
            min_score=options.min_score,
            min_box_score=options.min_box_score,
        )
