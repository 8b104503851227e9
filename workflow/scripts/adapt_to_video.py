"""Adapt one member of an ensemble to one video; keep it only if held-out frames speak for it."""

from superanimal_core.jobs.step import pass_failure_on, video_step

pass_failure_on(snakemake)  # before torch is imported

from dataclasses import asdict

from superanimal_core.inference import adapt
from superanimal_core.inference.predict import predict_video
from superanimal_core.jobs.log import Progress
from superanimal_core.media.frame_store import frame_reader
from superanimal_core.media.video import read_frames
from superanimal_core.models.bundles import read_bundle, write_bundle
from superanimal_core.network.devices import use_device
from superanimal_core.settings import AugmentSettings
from superanimal_core.tables.pose_files import read_poses
from superanimal_core.tables.video_tables import read_boxes, read_frame_size
from superanimal_core.training.label_training import fit_labels

with video_step(snakemake) as record:
    params, seed = snakemake.params, int(snakemake.wildcards.seed)
    device = use_device(snakemake.threads, seed)
    poses = read_poses(f"{snakemake.input.predicted}/member-{seed}.parquet")
    boxes = read_boxes(snakemake.input.boxes)
    held, block = adapt.held_out_poses(poses, params.held_out_fraction)
    size_px, video = read_frame_size(snakemake.input.frames), snakemake.input.video
    chosen = {**params.select, "video": video, "held": block}
    labels = adapt.select_pseudo_labels(poses, boxes, size_px, **chosen)
    bundle, read = read_bundle(snakemake.input.member), frame_reader(video, labels.image)
    training = adapt.adaptation_training(**params.training)
    augment, tell = AugmentSettings(**params.augment), Progress(training.steps, "steps")
    how = {"seed": seed, "device": device, "tell": tell}
    history = fit_labels(bundle, labels, read, training, augment, **how)
    frames, times = read_frames(video, block.start, block.stop), held.time_s
    look = {"device": device, **params.inference}
    after = predict_video([bundle], frames, boxes[block], times, **look)
    verdict = adapt.judge_adaptation(held, after[0], **params.judge)
    kept = bundle if verdict.is_kept else read_bundle(snakemake.input.member)
    write_bundle(kept, snakemake.output.member, {**record, "verdict": asdict(verdict)}, history)
