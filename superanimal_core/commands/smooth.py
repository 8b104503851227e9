"""Smoothing alone: prediction files of other programs in, smoothed poses out.

    superanimal smooth net0.csv net1.csv net2.csv --fps 60 --output smoothed.csv

One file per network. Nothing else of the workflow is needed: no study, no video, no model.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from superanimal_core.errors import ConfigError, DatasetError
from superanimal_core.formats.prediction_files import read_ensemble
from superanimal_core.formats.smoothed_csv import write_reference_csv
from superanimal_core.pose.poses import Poses, SmoothedPoses
from superanimal_core.settings.smoothing import EksSmoothing, SmoothingSettings
from superanimal_core.smoothing.individuals import match_individuals
from superanimal_core.smoothing.multicamera import join_mirrored, split_mirrored
from superanimal_core.smoothing.self_check import fallback_flags
from superanimal_core.smoothing.sessions import smooth_all_views, smooth_alone
from superanimal_core.study.overlay import CONFIG, read_complete
from superanimal_core.study.settings_document import settings_from_mapping
from superanimal_core.study.shipped import WORKFLOW
from superanimal_core.tables.pose_files import write_smoothed

HELP = {
    "method": "eks, none, median, savitzky_golay, one_euro or pupil",
    "center": "median or mean of the networks",
    "min_score": "predictions with a lower score count as absent (0-1)",
    "motion": "eks: random_walk, constant_velocity, or auto: the more likely one per keypoint",
    "velocity_s": "eks: how long a velocity lasts, s",
    "noise": "eks: learned (from the members' spread and memory) or reference (as in EKS 4.6.2)",
    "strength": "eks: variance of the random walk, px^2 per frame",
    "strength_frames": "eks: at most so many frames are used to find the strength",
    "min_variance_px2": "eks, pupil: least noise of an observation, px^2",
    "single_network_variance_px2": "eks, pupil: noise of a single network at score 1, px^2",
    "max_gap_s": "eks: longer gaps are not bridged, s",
    "window_s": "median, savitzky_golay: length of the window, s",
    "order": "savitzky_golay: order of the polynomials",
    "min_cutoff_hz": "one_euro: cutoff at rest, Hz",
    "speed_coefficient": "one_euro: growth of the cutoff with the speed, Hz per px/s",
    "derivative_cutoff_hz": "one_euro: cutoff of the speed, Hz",
    "points": "pupil: keypoints at its top, bottom, right and left, as in TOP,BOTTOM,RIGHT,LEFT",
    "memories": "pupil: how slowly diameter and center return to their means, as in 0.99,0.98",
}
LISTS = ("points", "memories")
VIEW_OPTIONS = ("latent", "keep_quantile", "inflation_rounds")
SHARED = ("method", "center", "min_score")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `smooth`."""
    files = "predictions of one network each: DeepLabCut .csv or .h5, Lightning Pose .csv, SLEAP "
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=files + ".analysis.h5")
    output = "a .csv in the nine columns of ensemble-kalman-smoother, or a .parquet table"
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help=output)
    rate = "frames per second of the video"
    parser.add_argument("--fps", type=_positive, required=True, metavar="HZ", help=rate)
    config = "take what the section `smoothing` of this config.yaml says over the defaults"
    parser.add_argument("--config", type=Path, metavar="FILE", help=config)
    own = parser.add_argument_group(f"settings (defaults: `smoothing` of {WORKFLOW / CONFIG})")
    for name, text in HELP.items():
        kind, option = _list if name in LISTS else str, f"--{name.replace('_', '-')}"
        own.add_argument(option, dest=name, type=kind, metavar="VALUE", help=text)
    _add_view_arguments(parser.add_argument_group("several views (method eks)"))


def _add_view_arguments(group: argparse._ArgumentGroup) -> None:
    kind = group.add_mutually_exclusive_group()
    views = "mirrored views within the frame: keypoints are named <keypoint>_<suffix>"
    kind.add_argument("--views", type=_names, metavar="SUFFIX,SUFFIX", help=views)
    cameras = (
        "synchronous cameras: a file belongs to the one whose name is part of its own (cam1 is no "
        "part of cam10); each "
        "camera's name is added to the output's"
    )
    kind.add_argument("--cameras", type=_names, metavar="NAME,NAME", help=cameras)
    latent = "dimension of the space that the views share"
    group.add_argument("--latent", type=int, metavar="N", help=latent)
    keep = "part of the frames, by variance, on which it is learned"
    group.add_argument("--keep-quantile", type=_part, metavar="PART", help=keep)
    rounds = "at most so many rounds of variance inflation, 0: none"
    group.add_argument("--inflation-rounds", type=int, metavar="N", help=rounds)


def run(options: argparse.Namespace) -> None:
    """Read, smooth, write, and say in one line per output what was done.

    ConfigError for settings, DatasetError for files that cannot be used.
    """
    if options.output.suffix not in (".csv", ".parquet"):
        raise DatasetError(f"{options.output}: the output must end in .csv or .parquet")
    given = {path.resolve() for path in options.files}
    if given & {path.resolve() for path in outputs_of(options)}:
        raise DatasetError(f"{options.output}: is one of the files to smooth; name another output")
    settings = chosen_settings(options)
    for path, smoothed in _smoothed(options, settings).items():
        if path.suffix == ".csv":
            noise = settings.noise_of_one_network_px2
            write_reference_csv(smoothed, path, single_network_variance_px2=noise)
        else:
            record = {"rule": "smooth", "settings": settings.model_dump(),
                      "inputs": [str(name) for name in options.files]}  # fmt: skip
            write_smoothed(smoothed, path, record, taught=predicted_keypoints(smoothed))
        print(summary(smoothed, path, settings.method), file=sys.stderr)
        for flag in fallback_flags(smoothed):
            print(f"{path}: {flag}", file=sys.stderr)


def chosen_settings(options: argparse.Namespace) -> SmoothingSettings:
    """The workflow's or those of --config, and what the options say on top.

    ConfigError lists every mistake.
    """
    path = options.config or WORKFLOW / CONFIG
    section = settings_from_mapping(read_complete(path), str(path)).smoothing.model_dump()
    given = {name: value for name in HELP if (value := getattr(options, name)) is not None}
    section |= {name: given.pop(name) for name in SHARED if name in given}
    own = section.get(section["method"], {})
    for name, value in given.items():
        if name not in own:
            option, method = name.replace("_", "-"), section["method"]
            raise ConfigError([f"--{option}: no setting of the method '{method}' ({HELP[name]})"])
        own[name] = value
    of_views = {name: getattr(options, name) for name in VIEW_OPTIONS}
    section["views"] |= {name: value for name, value in of_views.items() if value is not None}
    try:
        return SmoothingSettings.model_validate(section)
    except ValidationError as error:
        raise ConfigError(
            [
                f"smoothing.{'.'.join(map(str, e['loc']))}: read {e['input']!r}; {e['msg']}"
                for e in error.errors()
            ]
        ) from None


def predicted_keypoints(smoothed: SmoothedPoses) -> tuple[str, ...]:
    """The keypoints that the files say anything of: a column without one position was not taught.

    Other programs do not tell what their networks have learned.
    """
    is_known = (smoothed.poses.score > 0) | (smoothed.members > 0)
    names = smoothed.poses.space.keypoints
    return tuple(name for k, name in enumerate(names) if is_known[:, :, k].any())


def summary(smoothed: SmoothedPoses, path: Path, method: str) -> str:
    """What was written, in one line."""
    xy = smoothed.poses.xy_px
    absent = float((xy != xy).any(axis=-1).mean())
    frames, individuals, keypoints = smoothed.poses.score.shape
    known = smoothed.strength[smoothed.strength > 0]
    strength = f", strength {known.min():.3g} to {known.max():.3g}" if len(known) else ""
    return (
        f"{path}: {method}{strength}; frames {frames}, individuals {individuals}, keypoints "
        f"{keypoints}, networks {smoothed.members.max(initial=0)}, absent {absent:.1%}"
    )


def _smoothed(
    options: argparse.Namespace, settings: SmoothingSettings
) -> dict[Path, SmoothedPoses]:
    """The smoothed poses by the file that they go to."""
    method, output = settings.method, options.output
    own, shared = settings.of(method), settings.views
    if not options.views and not options.cameras:
        members = match_individuals(read_ensemble(options.files, fps=options.fps))
        return {output: smooth_alone(members, method, own)}
    if not isinstance(own, EksSmoothing):
        raise ConfigError([f"--views and --cameras need the method 'eks', not '{method}'"])
    most = 2 * len(options.views or options.cameras)
    if shared.latent > most:
        raise ConfigError([f"--latent: 1 to {most} (two per view)"])
    if options.views:
        members = match_individuals(read_ensemble(options.files, fps=options.fps))
        smoothed = smooth_all_views(_split(members, options.views), own, shared)
        return {output: join_mirrored(smoothed, members[0].space.keypoints)}
    files = files_of_cameras(options.files, options.cameras)
    views = {name: read_ensemble(paths, fps=options.fps) for name, paths in files.items()}
    of_cameras = dict(zip(options.cameras, outputs_of(options), strict=True))
    return {
        of_cameras[name]: smoothed
        for name, smoothed in smooth_all_views(views, own, shared).items()
    }


def outputs_of(options: argparse.Namespace) -> list[Path]:
    """The file that is written, or one for each camera."""
    output: Path = options.output
    if not options.cameras:
        return [output]
    return [output.with_name(f"{output.stem}_{name}{output.suffix}") for name in options.cameras]


def _split(members: Sequence[Poses], views: Sequence[str]) -> dict[str, list[Poses]]:
    """The members of each mirrored view. DatasetError when no keypoint is in all of them."""
    split = [split_mirrored(member, views) for member in members]
    if not len(split[0][views[0]].space):
        endings = ", ".join(f"<keypoint>_{view}" for view in views)
        raise DatasetError(
            f"no keypoint is named {endings}; the keypoints are "
            f"{', '.join(members[0].space.keypoints)}"
        )
    return {view: [one[view] for one in split] for view in views}


def cameras_in(name: str, cameras: Sequence[str]) -> list[str]:
    """The cameras whose names stand in a file's name, whole.

    `cam1` does not stand in `net0_cam10.csv`: a number goes on as long as there are digits. Nor
    where it is a part of another camera's name that stands there.
    """
    places = [
        (camera, match.start(), match.end())
        for camera in cameras
        for match in re.finditer(re.escape(camera), name)
        if not (camera[-1].isdigit() and name[match.end() :][:1].isdigit())
        and not (camera[0].isdigit() and name[: match.start()][-1:].isdigit())
    ]
    whole = [
        camera
        for camera, start, end in places
        if not any(s <= start and end <= e and e - s > end - start for _, s, e in places)
    ]
    return list(dict.fromkeys(whole))


def files_of_cameras(files: Sequence[Path], cameras: Sequence[str]) -> dict[str, list[Path]]:
    """Each camera's files. DatasetError unless every file's name holds exactly one camera's."""
    found: dict[str, list[Path]] = {camera: [] for camera in cameras}
    for path in files:
        named = cameras_in(path.name, cameras)
        if len(named) != 1:
            what = f"the cameras {' and '.join(named)}" if named else "none of the cameras"
            raise DatasetError(f"{path}: its name holds {what}; given are {', '.join(cameras)}")
        found[named[0]].append(path)
    empty = [camera for camera, paths in found.items() if not paths]
    if empty:
        raise DatasetError(f"camera '{empty[0]}': no file's name holds it")
    return found


def _list(text: str) -> list[str]:
    return text.split(",")


def _names(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if len(set(names)) < max(len(names), 2):
        raise argparse.ArgumentTypeError(
            f"read '{text}'; expected two or more names, as in top,bot"
        )
    return names


def _positive(text: str) -> float:
    return _between(text, 0, float("inf"))


def _part(text: str) -> float:
    return _between(text, 0, 1 + 1e-12)


def _between(text: str, low: float, high: float) -> float:
    """The number in an option, which must lie between two others."""
    value = float(text)
    if not low < value < high:
        raise argparse.ArgumentTypeError(f"read {text}; expected more than {low:g}, up to {high:g}")
    return value
