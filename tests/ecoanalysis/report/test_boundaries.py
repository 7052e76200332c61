"""Runs with energies of the processor, the memory and both: counted once, compared at one boundary."""

import dataclasses

import polars as pl
import pytest

from ecoanalysis.commands.badge import _least
from ecoanalysis.records import Quantity
from ecoanalysis.report.cells import commonest, configurations
from ecoanalysis.report.compose import _facts
from ecoanalysis.report.context import Context
from ecoanalysis.report.sections import configurations as configurations_section
from ecoanalysis.report.sections import summary
from ecoanalysis.store.queries import MEASUREMENT_SCHEMA

# run -> model, energy per item [J] by boundary; ten items each, bounds of ±10 %
_RUNS = {
    1: ("thrifty", {"package": 1.0, "dram": 0.1, "node": 1.1}),
    2: ("wasteful", {"package": 2.0, "dram": 0.05, "node": 2.05}),
}


@pytest.fixture
def metered(context: Context) -> Context:
    """Return a context of two runs on a machine with counters of its package and of its memory."""
    rows = [
        {
            "id": len(_RUNS) * place + run,
            "run_id": run,
            "config_id": run,
            "dataset": "recorded",
            "model": model,
            "device": "cpu",
            "item_unit": "image",
            "basis": "measured",
            "boundary": boundary,
            "params_count": 10**6,
            "energy_j": 10 * energy,
            "energy_per_item_j": energy,
            "low_per_item_j": 0.9 * energy,
            "high_per_item_j": 1.1 * energy,
        }
        for run, (model, energies) in _RUNS.items()
        for place, (boundary, energy) in enumerate(energies.items())
    ]
    known = pl.DataFrame(rows, schema={name: MEASUREMENT_SCHEMA[name] for name in rows[0]})
    frame = known.with_columns(
        pl.lit(None, dtype=kind).alias(name)
        for name, kind in MEASUREMENT_SCHEMA.items()
        if name not in rows[0]
    )
    cells = configurations(frame, context.place, context.settings)
    return dataclasses.replace(context, measurements=frame, cells=cells)


def test_the_energy_of_all_runs_counts_no_joule_twice(metered: Context) -> None:
    total = {card.label: card.value for card in summary._cards(metered)}["Energy of all runs"]
    assert isinstance(total, Quantity)
    assert total.value == pytest.approx(11.0 + 20.5)
    assert (total.low, total.high) == (pytest.approx(0.9 * 31.5), pytest.approx(1.1 * 31.5))


def test_parts_and_whole_of_one_imported_row_count_once(metered: Context) -> None:
    imported = metered.measurements.with_columns(
        run_id=pl.lit(None, dtype=pl.Int64), source_id=pl.lit(7, dtype=pl.Int64), row_number=pl.col("run_id"),
        result_id=pl.col("id"),
    )  # fmt: skip
    total = summary._total(imported)[0].value
    assert isinstance(total, Quantity)
    assert total.value == pytest.approx(
        11.0 + 20.5
    )  # the node of each row, not its board, package and memory too


def test_of_boundaries_as_common_the_whole_is_compared_and_not_a_part(metered: Context) -> None:
    part, unit, boundary = commonest(metered.cells)
    assert (unit, boundary) == ("image", "node boundary")
    assert sorted(part["energy_per_item_j"].to_list()) == [1.1, 2.05]


def test_no_part_of_a_machine_wins_the_headline_the_latex_command_or_the_badge(metered: Context) -> None:
    card = next(card for card in summary._cards(metered) if card.label == "Least energy per image")
    assert isinstance(card.value, Quantity)
    assert card.value.value == pytest.approx(1.1)  # the memory of the wasteful one alone has 0.05
    assert card.of == "thrifty, on cpu (node boundary)"
    assert _facts(metered)["LowestEnergyPerItem"] == card.value
    assert _least(metered.cells, "wasteful", None, None)["boundary"] == "node"


def test_the_factor_of_the_abstract_is_within_one_boundary(metered: Context) -> None:
    assert "a factor of about 1.9." in summary.abstract(metered)  # 2.05 / 1.1, not 2.05 / 0.05
    assert "The energy per image (node boundary) goes from" in summary.abstract(metered)


def test_the_thriftiest_of_each_model_are_of_one_boundary(metered: Context) -> None:
    assert configurations_section._lowest(metered.cells)["boundary"].to_list() == ["node", "node"]
