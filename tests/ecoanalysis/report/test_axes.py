"""Axes are true: a tick stands where its value is, a name is cut only where it is too long, a cell has its interval."""

import json

import polars as pl
import pytest

from ecoanalysis.records import Panel
from ecoanalysis.report.charts.batch_curve import _chosen
from ecoanalysis.report.charts.means import reduced
from ecoanalysis.report.charts.parts import decades
from ecoanalysis.report.charts.regret_heatmap import _chosen as _best
from ecoanalysis.report.charts.regret_heatmap import _digits
from ecoanalysis.report.comparing import compare_column
from ecoanalysis.report.draw import draw
from ecoanalysis.settings import Settings
from ecoanalysis.studies import mismatch
from tests.ecoanalysis.studies.planted import measurements


def forest(**columns: list[object]) -> Panel:
    return Panel("ratio_forest", "t", "c", pl.DataFrame(columns), {"x": "energy ratio", "reference": 1.0})


def test_a_tick_of_a_clamped_axis_lies_within_it() -> None:
    rows = {"label": ["a", "b"], "treatment": ["int8", "int8"], "estimate": [0.5, 7.0], "low": [0.3, 5.0]}
    spec = json.loads(draw(forest(**rows, high=[0.8, 90.0])).vega)
    low, high = next(scale["domain"] for scale in spec["scales"] if scale["name"] == "x")
    ticks = next(axis["values"] for axis in spec["axes"] if axis.get("scale") == "x" and "values" in axis)
    assert (low, high) == (0.2, 17.5)  # the estimates and 1, with a factor of 2.5 at either end
    assert ticks == [0.2, 0.5, 1, 2, 5, 10]


@pytest.mark.parametrize(
    ("ends", "ticks"),
    [
        ((0.2, 19.0), [0.2, 0.5, 1, 2, 5, 10, 20]),
        ((0.9, 1100.0), [1, 10, 100, 1000]),
        ((1.0, 4.9), [1, 2, 5]),
        ((0.9, 1.6), [0.8, 1, 1.2, 1.5, 2]),
    ],
)
def test_an_axis_has_three_ticks_or_more(ends: tuple[float, float], ticks: list[float]) -> None:
    assert decades(*ends) == ticks


def test_a_forest_of_two_references_names_the_reference_in_each_row() -> None:
    rows = {"label": ["a", "a"], "treatment": ["int8", "fp32"], "reference": ["fp32", "fp64"]}
    svg = draw(forest(**rows, estimate=[0.5, 0.9], low=[0.4, 0.8], high=[0.6, 1.1])).svg
    assert "int8 ÷ fp32" in svg
    assert "fp32 ÷ fp64" in svg


def test_a_cell_of_the_heat_map_has_its_interval_and_the_best_device_none() -> None:
    rows = {"workload": ["w", "w"], "device": ["small", "big"], "regret": [1.0, 3.59]}
    svg = draw(
        Panel("regret_heatmap", "t", "c", pl.DataFrame({**rows, "low": [1.0, 3.4], "high": [1.02, 3.8]}))
    ).svg
    assert "3.59" in svg
    assert "3.4–3.8" in svg
    assert "1–1.02" not in svg
    assert "null" not in svg


def test_batch_sizes_that_are_means_of_runs_share_a_point() -> None:
    columns = {"base_model": ["m"] * 3, "device": ["d"] * 3, "item_unit": ["token"] * 3}
    frame = pl.DataFrame({**columns, "batch": [63.0, 64.0, 96.0], "energy_per_item_j": [1.0, 4.0, 5.0]})
    rows = reduced(Panel("batch_curve", "t", "c", frame)).frame
    assert rows["batch"].to_list() == pytest.approx([(63.0 * 64.0) ** 0.5, 96.0])
    assert rows["energy_per_item_j"].to_list() == pytest.approx([2.0, 5.0])
    assert rows.select("low", "high").row(0) == (1.0, 4.0)


def _curves(**columns: list[object]) -> pl.DataFrame:
    """Return the rows of the batch curves of one device; what is not given is alike in all."""
    alike = {name: [name] * len(columns["batch"]) for name in ("base_model", "device", "item_unit")}
    return reduced(Panel("batch_curve", "t", "c", pl.DataFrame({**alike, **columns}))).frame


def test_a_precision_measured_at_one_batch_only_does_not_bend_the_curve_of_another() -> None:
    precision = ["fp32", "fp16", "fp16"]  # fp16 costs the same at both sizes: no fall
    rows = _curves(precision=precision, batch=[1.0, 1.0, 64.0], energy_per_item_j=[4.0, 1.0, 1.0])
    assert rows.select("precision", "batch", "energy_per_item_j").rows() == [
        ("fp16", 1.0, 1.0),
        ("fp16", 64.0, 1.0),
    ]


@pytest.mark.parametrize(
    "told",
    [
        {"base_model": [*["a model with a name longer than any legend has room for"] * 2, "b", "b"]},
        {"base_model": [f"a model with a name longer than a legend has room for {i}" for i in (1, 1, 2, 2)]},
        {"item_unit": ["image", "image", "row", "row"]},
        {"framework": ["torch", "torch", None, None]},
    ],
)
def test_each_batch_curve_has_a_name_of_its_own(told: dict[str, list[object]]) -> None:
    rows = _curves(batch=[1.0, 8.0] * 2, energy_per_item_j=[4.0, 1.0, 8.0, 2.0], **told)
    shown, names = _chosen(rows)
    assert len(set(names)) == 2
    assert shown.group_by("name").agg(pl.col("batch").sort())["batch"].to_list() == [[1.0, 8.0]] * 2


def test_a_batch_curve_is_named_by_no_more_than_tells_it_apart() -> None:
    told = {"base_model": ["a", "a", "b", "b"], "precision": ["fp64", "fp64", "fp32", "fp32"]}
    assert _chosen(_curves(batch=[1.0, 8.0] * 2, energy_per_item_j=[4.0, 1.0, 8.0, 2.0], **told))[1] == [
        "b",
        "a",
    ]
    told = {
        "base_model": ["a"] * 4,
        "precision": ["fp64", "fp64", "fp32", "fp32"],
        "task": ["t", "t", "u", "u"],
    }
    names = _chosen(_curves(batch=[1.0, 8.0] * 2, energy_per_item_j=[4.0, 1.0, 8.0, 2.0], **told))[1]
    assert names == ["fp32", "fp64"]


def test_batch_sizes_between_two_whole_ones_keep_their_labels() -> None:
    rows = _curves(batch=[2.2, 2.9], energy_per_item_j=[4.0, 1.0])
    spec = json.loads(draw(Panel("batch_curve", "t", "c", rows)).vega)
    low, high = next(scale["domain"] for scale in spec["scales"] if scale["name"] == "x")
    axis = next(axis for axis in spec["axes"] if axis.get("scale") == "x" and "values" in axis)
    assert axis["values"] == [2, 2.5, 3]
    assert all(low <= tick <= high for tick in axis["values"])
    assert ">2.5<" in draw(Panel("batch_curve", "t", "c", rows)).svg


@pytest.mark.parametrize(
    ("value", "shown"), [(1.0249, "1.02"), (10.66, "10.7"), (99.96, "100"), (999.6, "1000")]
)
def test_a_number_of_the_heat_map_has_no_exponent(value: float, shown: str) -> None:
    assert _digits(value) == shown


def test_a_heat_map_without_bounds_has_its_columns_in_one_order() -> None:
    frame = pl.DataFrame({"workload": ["w"], "device": ["d"], "regret": [1.0]})
    assert _best(frame).columns == ["workload", "device", "regret", "low", "high"]


def test_a_figure_that_cuts_intervals_at_its_edge_says_so() -> None:
    rows = [
        {
            "base_model": model,
            "model": model,
            "device": device,
            "precision": precision,
            "energy_per_item_j": energy,
        }
        | {"throughput_items_per_s": rate, "scenario": f"at {rate}"}
        for model in "abcdef"
        for precision, factor in (("fp16", 1.0), ("int8", 0.5))
        for device, fixed in (("A", 10.0), ("B", 90.0))
        for rate, energy in ((r, factor * (2 + fixed / r)) for r in (1.0, 10.0, 100.0))
    ]
    frame = measurements(rows)
    panels = [*mismatch.run(frame, Settings()).panels, *compare_column(frame, "precision").panels]
    cut = [panel for panel in panels if panel.chart in ("fixed_marginal", "ratio_forest")]
    assert [panel.chart for panel in cut] == ["fixed_marginal", "ratio_forest"]
    for panel in cut:
        assert any(scale.get("clamp") for scale in json.loads(draw(panel).vega)["scales"])
        assert "runs to an edge goes on beyond it" in panel.caption
