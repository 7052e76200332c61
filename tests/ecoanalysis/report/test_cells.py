"""Repeats pooled into configurations: expected bounds worked by hand."""

import math

import polars as pl
import pytest

from ecoanalysis.report.cells import configurations, label, pool
from ecoanalysis.report.context import Context
from ecoanalysis.report.quantities import how
from ecoanalysis.report.sections.results import apart
from ecoanalysis.store.queries import MEASUREMENT_SCHEMA


def rows(energies: list[float], low: float | None, high: float | None) -> pl.DataFrame:
    data = [
        {
            "id": i,
            "dataset": "d",
            "model": "m",
            "device": "x",
            "item_unit": "token",
            "basis": "measured",
            "boundary": "board",
            "energy_per_item_j": e,
            "low_per_item_j": None if low is None else e * low,
            "high_per_item_j": None if high is None else e * high,
        }
        for i, e in enumerate(energies)
    ]
    return pl.DataFrame(data, schema={k: MEASUREMENT_SCHEMA[k] for k in data[0]}).with_columns(
        pl.lit(None, dtype=t).alias(k) for k, t in MEASUREMENT_SCHEMA.items() if k not in data[0]
    )


def test_one_run_keeps_its_own_bounds() -> None:
    cell = pool(rows([2.0], 0.9, 1.1)).row(0, named=True)
    assert cell["low_per_item_j"] == pytest.approx(1.8)
    assert cell["high_per_item_j"] == pytest.approx(2.2)


def test_the_sensor_bound_does_not_average_out_over_repeats() -> None:
    cell = pool(rows([2.0] * 9, 0.9, 1.1)).row(0, named=True)
    assert cell["high_per_item_j"] == pytest.approx(2.2)
    assert cell["repeats"] == 9


def test_scatter_adds_in_quadrature_with_students_t() -> None:
    # mean 10, sd 1, n = 4: t(3) = 3.18, so a relative half width of 3.18 × 0.1 ÷ 2 = 0.159
    energies = [10 + d * math.sqrt(0.75) for d in (-1, -1, 1, 1)]
    cell = pool(rows(energies, 0.9, 1.1)).row(0, named=True)
    width = math.hypot(math.log(1.1), 0.159)
    assert cell["high_per_item_j"] == pytest.approx(10 * math.exp(width), rel=1e-3)


def test_a_single_run_without_bounds_has_none() -> None:
    cell = pool(rows([2.0], None, None)).row(0, named=True)
    assert cell["low_per_item_j"] is None
    assert cell["high_per_item_j"] is None


def test_every_measurement_is_in_one_cell(context: Context) -> None:
    ids = context.cells["measurement_ids"].explode().sort().to_list()
    assert ids == context.measurements["id"].sort().to_list()


def test_carbon_of_a_cell_is_energy_times_pue_times_intensity(context: Context) -> None:
    cells = configurations(context.measurements, context.place, context.settings)
    for row in cells.head(5).iter_rows(named=True):
        assert row["co2_g_per_item"] == pytest.approx(
            row["energy_per_item_j"] / 3.6e6 * row["pue"] * row["co2_g_per_kwh"]
        )


def test_configurations_of_one_name_are_told_apart_by_what_differs(context: Context) -> None:
    frame = rows([1.0, 2.0, 3.0], 0.9, 1.1).with_columns(
        config_id=pl.Series([1, 2, 3]),
        task_dataset=pl.Series(["wine", "breast_cancer", "wine"]),
        threads=pl.Series([1, 1, 2], dtype=pl.Int32),
        framework=pl.lit("sklearn"),
    )
    cells = configurations(frame, context.place, context.settings)
    names = [label(row) for row in cells.sort("energy_per_item_j").iter_rows(named=True)]
    assert names == ["m · wine · 1 thread", "m · breast cancer · 1 thread", "m · wine · 2 threads"]


def test_names_that_are_alike_differ_by_signs_of_no_width_and_others_stay_as_they_are() -> None:
    assert apart(["m", "n", "m", "m"]) == ["m", "n", "m\u200b", "m\u200b\u200b"]


def test_how_a_number_was_obtained_names_the_sensor_unless_its_method_does() -> None:
    row = {
        "method": "counter",
        "repeats": 1,
        "boundary": "package",
        "idle_treatment": "gross",
        "dataset": "recorded",
    }
    assert how(row | {"sensor": "rapl"}) == (
        "difference of the hardware's energy counter; sensor: rapl; boundary: processor package; idle power included; "
        "one run; data: recorded"
    )
    stated = how(row | {"method": "CodeCarbon CPU: RAPL or a model", "sensor": "codecarbon"})
    assert stated.startswith("CodeCarbon CPU: RAPL or a model; boundary")
