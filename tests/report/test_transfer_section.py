from dataclasses import fields
from math import nan

import pytest
from made_study import DATASETS, Made, settings

from superanimal_core.evaluation.transfer_cell import TransferTable
from superanimal_core.report.methods import methods_sentences
from superanimal_core.report.transfer_section import (
    draw_transfer,
    transfer_section,
    write_transfer_plots,
)


def rows_of(model="mouse", dataset="arena"):
    """Three seeds each; the error halves from the first fraction to the second."""
    rows = []
    for mode, fractions in (("naive", (0.1, 1.0)), ("zero_shot", (0.0,))):
        for fraction in fractions:
            for seed in range(3):
                row = dict.fromkeys((f.name for f in fields(TransferTable)), 0.2)
                row |= {"model": model, "dataset": dataset, "mode": mode, "fraction": fraction}
                row |= {"seed": seed, "labeled_animals": round(100 * fraction)}
                row |= {"mean_error_px": (4.0 + seed) / (2 if fraction == 1.0 else 1)}
                rows.append(row)
    return rows


def test_a_row_stands_for_the_seeds_of_a_cell():
    table = transfer_section(rows_of())["table"]
    assert [row[2:6] for row in table.rows] == [
        ("zero-shot", "0", "5.00", "4.00 to 6.00"),
        ("naive", "10", "5.00", "4.00 to 6.00"),
        ("naive", "100", "2.50", "2.00 to 3.00"),
    ]


def test_there_is_a_plot_for_each_model_and_data_set(tmp_path):
    rows = rows_of() + rows_of("quadruped", "meadow")
    write_transfer_plots(rows, tmp_path / "plots")
    names = ["mouse-arena.svg", "quadruped-meadow.svg"]
    assert sorted(p.name for p in (tmp_path / "plots").iterdir()) == names
    text = (tmp_path / "plots" / names[0]).read_text()
    assert "labeled animals" in text
    assert "zero-shot" in text


def test_the_axis_of_labels_has_the_counts_themselves():
    for axes in draw_transfer(rows_of()).axes:
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["10", "100"]


@pytest.mark.parametrize(("errors", "panels"), [((nan,) * 9, 1), ((0.2,) + (nan,) * 8, 2)])
def test_in_a_space_of_ones_own_nothing_is_drawn_of_the_pretraining_sets(tmp_path, errors, panels):
    """They share no keypoint, so there is no error of them to take a logarithm of."""
    rows = rows_of("mouse", "mirrors")
    for row, error in zip(rows, errors, strict=True):
        row["pretraining_normalized_error"] = error
    write_transfer_plots(rows, tmp_path / "plots")
    assert len(draw_transfer(rows).axes) == panels


def test_the_methods_say_what_a_model_was_fine_tuned_from():
    chosen = settings(Made(), "A study")
    child = chosen["models"]["walker"] | {"fine_tune": {"parent": "p", "mode": "memory_replay"}}
    chosen["models"] = {"mine": child}
    datasets = DATASETS | {"lab": DATASETS["barn"] | {"role": "fine_tune"}}
    sentence = methods_sentences(chosen, datasets, [], [])[0]
    assert "of the model p were fine-tuned (memory replay) [Ye] on 1 data set: lab" in sentence
