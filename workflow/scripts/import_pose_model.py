"""Make one of our bundles from the weights of a pose network."""

from superanimal_core.formats.documents import read_keypoint_space
from superanimal_core.jobs.step import study_step
from superanimal_core.models.foreign_models import read_pose_model
from superanimal_core.models.new_bundles import write_bundle
from superanimal_core.training.history import History

with study_step(snakemake) as record:
    space = read_keypoint_space(*snakemake.input.space)
    bundle = read_pose_model(snakemake.input.weights, space, snakemake.params.subpixel)
    write_bundle(bundle, snakemake.output.member, record, History())
