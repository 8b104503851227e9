"""Which trainings the transfer table compares: starts, data sets, fractions of labels, seeds."""

from superanimal_core.study.study import Study

WITH_NEW_HEAD = ("new_head", "scratch")  # starts that keep no keypoint of the parent


def transfer_rows(study: Study) -> list[str]:
    """Every cell: model, data set to be evaluated, mode, fraction (0 for zero-shot), seed."""
    table = study.settings.transfer
    return [
        f"results/transfer/{name}/{dataset}/{mode}-{fraction}/seed-{seed}.parquet"
        for name, model in study.settings.models.items()
        if (model.fine_tune, model.student_of, model.predictions) == (None, None, None)
        for space in dict.fromkeys((model.space, *table.spaces))
        for dataset in study.datasets_of(space, "evaluate")
        for mode in transfer_modes(study, name, space)
        for fraction in ([0.0] if mode == "zero_shot" else table.fractions)
        for seed in table.seeds
    ]


def transfer_modes(study: Study, model: str, space: str) -> list[str]:
    """The starts that are compared for a model and a data set of a space.

    In another space than the model's zero-shot knows nothing of what is new, and unless that space
    extends the model's, there is no head to keep. With a single data set where one is named.
    """
    own, table = study.settings.models[model], study.settings.transfer
    if own.space not in study.with_extended(space):
        return [mode for mode in table.modes if mode in WITH_NEW_HEAD]
    modes = [mode for mode in table.modes if space == own.space or mode != "zero_shot"]
    single = study.datasets.get(table.single_dataset or "")
    if single is None or own.pose_weights is not None or single.space != own.space:
        return modes
    return [*modes, "single_dataset"]
