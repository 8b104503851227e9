"""Smooth an ensemble's predictions of a video, together with the other views of its session."""

from superanimal_core.formats.camera_files import read_cameras
from superanimal_core.jobs.step import video_step
from superanimal_core.settings.smoothing import METHODS, VideoViewSettings
from superanimal_core.smoothing.calibration import predict_error
from superanimal_core.smoothing.sessions import smooth_view, smoothing_flags
from superanimal_core.tables.calibration_files import read_calibration, uncalibrated_error
from superanimal_core.tables.pose_files import write_smoothed
from superanimal_core.tables.spaces import read_taught
from superanimal_core.tables.stand_ins import of_who_saw, student_flags, student_record
from superanimal_core.tables.view_files import read_views

with video_step(snakemake) as record:
    inputs, params = snakemake.input, snakemake.params
    views = read_views(params.cameras, [inputs.predicted, *inputs.others])
    cameras = read_cameras(inputs.camera_file) if inputs.camera_file else None
    smoothing = METHODS[params.method](**params.smoothing)
    shared = VideoViewSettings(**params.views)
    smoothed = smooth_view(views, params.method, smoothing, shared, cameras)
    known = of_who_saw(inputs.predicted, inputs.calibration)
    calibration = read_calibration(known[0]) if known else None
    expected = predict_error(calibration, smoothed)
    record |= student_record(inputs.predicted)
    record |= uncalibrated_error(calibration, known)
    flags = smoothing_flags(smoothed, views, params.method, cameras)
    record |= {"flags": [*flags, *student_flags(record.get("student"))]}
    taught = read_taught(inputs.predicted)
    write_smoothed(smoothed, snakemake.output.poses, record, expected, taught)
