"""How an animal walks, all its walks together: one row per animal."""

from collections.abc import Sequence

from superanimal_core.report.cells import ABSENT, Table, number, with_interval
from superanimal_core.report.results import Row

MEASURES = (  # quantity, heading, unit, decimals
    ("stride_frequency_hz", "stride frequency", "Hz", 2),
    ("speed_{length}_per_s", "speed", "{length}/s", 1),
    ("stride_length_{length}", "stride length", "{length}", 1),
    ("duty_factor", "duty factor", "", 2),
    ("homologous_hind_phase", "hind limbs", "phase", 2),
    ("homolateral_phase", "limbs of a side", "phase", 2),
    ("diagonal_phase", "diagonal limbs", "phase", 2),
    ("base_of_support_hind_{length}", "base of support", "hind, {length}", 1),
)


def walk_table(walks: Sequence[Row]) -> Table | None:
    """Medians over the steady strides of each animal, with their 90 % intervals where there are.

    `walks` are the rows of walks.parquet. None where no animal has a steady stride.
    """
    animals = [row for row in walks if row["scope"] == "video" and row["steady_strides"]]
    if not animals:
        return None
    has_scale = any(row["speed_cm_per_s"] == row["speed_cm_per_s"] for row in animals)
    unit = "cm" if has_scale else "px"
    measures = [
        (name.format(length=unit), heading, of.format(length=unit), digits)
        for name, heading, of, digits in MEASURES
    ]
    rows = [
        (
            row["individual"],
            row["gait"] or ABSENT,
            number(_walks_of(row, walks), 0),
            number(row["steady_strides"], 0),
            *(
                with_interval(row[name], row.get(f"{name}_low"), row.get(f"{name}_high"), digits)
                for name, _, _, digits in measures
            ),
        )
        for row in animals
    ]
    columns = (
        ("animal", ""),
        ("gait", ""),
        ("walks", ""),
        ("steady strides", ""),
        *((heading, of) for _, heading, of, _ in measures),
    )
    return Table(columns, rows, words=("animal", "gait"))


def _walks_of(animal: Row, walks: Sequence[Row]) -> int:
    own = (row for row in walks if row["individual"] == animal["individual"])
    return sum(row["scope"] == "walk" for row in own)
