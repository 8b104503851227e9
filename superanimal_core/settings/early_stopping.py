"""When a training has learned enough."""

from superanimal_core.settings.section import Count, Fraction, Section


class EarlyStoppingSettings(Section):
    """When a training has learned enough, by groups of images that are held out."""

    fraction: Fraction
    every_steps: Count
    patience: Count
