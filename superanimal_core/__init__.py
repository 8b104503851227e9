"""Pose, gait and behavior of animals from video: the science behind the Snakemake workflow."""

__version__ = "0.2.0"
