import math

import numpy as np
import polars as pl
import pytest
from statsmodels.api import WLS, add_constant

from ecoanalysis.impact.embodied import embodied_factor
from ecoanalysis.settings import Settings
from ecoanalysis.studies.break_even import break_even, break_even_bounds, break_even_findings
from ecoanalysis.studies.device_size import size_findings, size_pairs
from ecoanalysis.studies.embodied_share import embodied_findings, with_embodied
from ecoanalysis.studies.line import Line, fit_line
from ecoanalysis.studies.load_line import load_lines
from ecoanalysis.studies.matrix import best_per_device, regret, with_other_regrets, within_latency
from ecoanalysis.studies.mismatch import run
from ecoanalysis.studies.roofline import roofline
from tests.ecoanalysis.studies.planted import measurements


def _rows(*cells: tuple[str, float, float]) -> list[dict[str, object]]:
    return [
        {
            "base_model": "resnet50",
            "device": device,
            "scenario": "offline",
            "throughput_items_per_s": rate,
            "energy_per_item_j": energy,
        }
        for device, rate, energy in cells
    ]


def test_regret_is_the_ratio_to_the_best_device_and_never_below_one() -> None:
    matrix = regret(best_per_device(measurements(_rows(("a", 1, 4.0), ("a", 9, 2.0), ("b", 1, 6.0)))))
    assert dict(zip(matrix["device"], matrix["regret"], strict=True)) == {"a": 1.0, "b": 3.0}
    assert matrix["best_device"].to_list() == ["a", "a"]


def test_devices_at_different_boundaries_do_not_compete() -> None:
    rows = _rows(("a", 1, 4.0), ("b", 1, 6.0))
    rows[1]["boundary"] = "wall"
    assert regret(best_per_device(measurements(rows))).is_empty()


def test_fixed_and_marginal_power_of_a_line_are_recovered() -> None:
    # P = 100 W + 2 J per item · rate: 10/s → 120 W → 12 J an item; 100/s → 300 W → 3 J
    lines = load_lines(measurements(_rows(("a", 10, 12.0), ("a", 100, 3.0))))
    row = lines.row(0, named=True)
    assert (row["fixed_power_w"], row["marginal_j"]) == (pytest.approx(100.0), pytest.approx(2.0))
    assert (row["fixed_share"], row["fixed_share_light"]) == (pytest.approx(1 / 3), pytest.approx(100 / 120))


def test_the_heat_map_tells_workloads_of_one_model_and_load_apart() -> None:
    rows = _rows(("a", 1, 4.0), ("b", 1, 6.0), ("a", 1, 9.0), ("b", 1, 3.0), ("a", 1, 5.0), ("b", 1, 7.0))
    for row in rows[2:4]:
        row["boundary"] = "module"
    for row in rows[4:]:
        row["nominal_batch_size"] = 8.0
    matrix = run(measurements(rows), Settings()).panels[0].frame
    best = {(row["workload"], row["device"]): row["regret"] for row in matrix.iter_rows(named=True)}
    assert len(best) == matrix.height == 6
    assert (
        best["resnet50, offline, batch 1, board", "a"]
        == best["resnet50, offline, batch 8, board", "a"]
        == 1.0
    )
    assert best["resnet50, offline, batch 1, module", "b"] == 1.0  # no device is the best twice in one row
    assert best["resnet50, offline, batch 1, module", "a"] == pytest.approx(3.0)


def test_one_device_alone_is_not_an_answer() -> None:
    assert run(measurements(_rows(("a", 1, 1.0))), Settings()).answer.startswith("Cannot be answered")


def test_the_large_device_wins_above_the_crossing_of_the_power_lines() -> None:
    # 10 W + 2 J·r against 100 W + 0.5 J·r: equal at 90 / 1.5 = 60 a second
    assert break_even(Line(10.0, 2.0, None, 2), Line(100.0, 0.5, None, 2)) == pytest.approx(60.0)
    assert break_even(Line(10.0, 0.5, None, 2), Line(100.0, 2.0, None, 2)) is None
    rows = _rows(("small", 1, 12.0), ("small", 10, 3.0), ("large", 10, 10.5), ("large", 1000, 0.6))
    found = list(break_even_findings(load_lines(measurements(rows))))
    assert found[0].estimate == pytest.approx(60.0)
    assert (found[0].groups["small"], found[0].groups["large"]) == ("small", "large")
    assert (found[0].low, found[0].high) == (None, None)
    assert "do not bound that rate; small was not measured at such a rate" in found[0].sentence


def test_the_covariance_of_a_line_is_that_of_weighted_least_squares() -> None:
    # relative residuals: rows (1, r) / P on ones, as statsmodels' WLS with weights 1/P²
    rate = np.array([1.0, 5.0, 20.0, 100.0])
    power = np.array([103.0, 108.0, 145.0, 290.0])
    line = fit_line(rate, power)
    reference = WLS(power, add_constant(rate), weights=power**-2.0).fit()
    assert (line.fixed_power_w, line.marginal_j) == pytest.approx(tuple(reference.params))
    assert line.covariance == pytest.approx(reference.cov_params())


def test_the_bounds_of_a_break_even_load_are_where_welch_just_tells_the_powers_apart() -> None:
    # both lines known to ± 1 W at every rate: sd of the difference √2 W, 8 degrees of freedom, t = 2.306004
    flat = np.array([[1.0, 0.0], [0.0, 0.0]])
    small, large = Line(10.0, 2.0, flat, 6), Line(100.0, 0.5, flat, 6)
    half = 2.306004 * math.sqrt(2) / 1.5  # W over the slope of the difference, J
    assert break_even_bounds(small, large, 60.0) == pytest.approx((60 - half, 60 + half))
    steep = np.array([[1.0, 0.0], [0.0, 4.0]])  # slopes known to ± 2 J: the lines may never meet
    assert break_even_bounds(Line(10.0, 2.0, steep, 6), large, 60.0) == (None, None)


def test_batches_of_different_size_do_not_compete() -> None:
    rows = _rows(("a", 1, 4.0), ("b", 1, 6.0))
    rows[1]["nominal_batch_size"] = 32.0
    assert regret(best_per_device(measurements(rows))).is_empty()


def test_carbon_and_ess_have_regrets_of_their_own() -> None:
    # b needs more energy but emits less, so it is best by carbon; ESS is better where it is higher.
    frame = measurements(_rows(("a", 1, 4.0), ("b", 1, 6.0))).with_columns(
        co2_g_per_item=pl.Series([3.0, 2.0]), ess=pl.Series([10.0, 20.0])
    )
    matrix = with_other_regrets(regret(best_per_device(frame)), frame)
    found = {row["device"]: row for row in matrix.iter_rows(named=True)}
    assert (found["a"]["regret"], found["b"]["regret"]) == (1.0, 1.5)
    assert (found["a"]["regret_carbon"], found["b"]["regret_carbon"]) == (1.5, 1.0)
    assert (found["a"]["regret_ess"], found["b"]["regret_ess"]) == (2.0, 1.0)
    assert found["a"]["regret_water"] is None


def test_a_latency_bound_takes_slow_configurations_out() -> None:
    rows = _rows(("a", 1, 1.0), ("a", 9, 5.0), ("b", 1, 6.0))
    for row, latency in zip(rows, (2.0, 0.1, 0.1), strict=True):
        row["latency_s"] = latency
    matrix = within_latency(measurements(rows), 0.5)
    assert dict(zip(matrix["device"], matrix["regret"], strict=True)) == {"a": 1.0, "b": pytest.approx(1.2)}


def test_the_larger_device_is_the_one_with_the_higher_power_limit() -> None:
    # A100 SXM4 40GB: 400 W; A2: 60 W. Light load: 2 × the energy; heavy load: half.
    rows = []
    for scenario, large, small in (("single_stream", 2.0, 1.0), ("offline", 1.0, 2.0)):
        for model in "xyz":
            for device, energy in (("NVIDIA A100 SXM4 40GB", large), ("NVIDIA A2", small)):
                rows.append(
                    {
                        "base_model": model,
                        "device": device,
                        "scenario": scenario,
                        "nominal_batch_size": None if scenario == "offline" else 1.0,
                        "energy_per_item_j": energy * (1.01 if model == "x" else 1.0),
                    }
                )
    pairs = size_pairs(regret(best_per_device(measurements(rows))))
    assert set(pairs["large"]) == {"NVIDIA A100 SXM4 40GB"}
    found = {finding.groups["load"]: finding for finding in size_findings(pairs)}
    assert found["light"].estimate == pytest.approx(2.0)
    assert found["heavy"].estimate == pytest.approx(0.5)


def test_a_decode_step_lies_under_the_bandwidth_side_of_the_roof() -> None:
    # A100 SXM4 40GB: 312 Tflop/s fp16, 1555 GB/s: ridge at 200.6 flop/B. 2 Gflop and 1 GB an item: 2 flop/B.
    # Bandwidth allows 1555 items/s; 311 are 20 % of that.
    rows = _rows(("NVIDIA A100 SXM4 40GB", 311.0, 1.0))
    rows[0] |= {"flops_per_item": 2e9, "bytes_per_item": 1e9}
    row = roofline(measurements(rows)).row(0, named=True)
    assert row["ridge_flops_per_byte"] == pytest.approx(312e12 / 1555e9, rel=1e-3)
    assert row["intensity_flops_per_byte"] == pytest.approx(2.0)
    assert row["roof_ratio"] == pytest.approx(0.2, rel=1e-3)
    assert (row["bound"], row["facts"]) == ("bandwidth", "recorded")


@pytest.mark.parametrize(("rate", "flops", "bound"), [(15.0, 2e9, "overhead"), (40.0, 4e12, "compute")])
def test_what_bounds_a_rate_is_named(rate: float, flops: float, bound: str) -> None:
    # 4 Tflop an item: 78 a second at 312 Tflop/s, 40 are 51 %; 15 a second of 1 GB items are 1 % of bandwidth.
    rows = _rows(("NVIDIA A100 SXM4 40GB", rate, 1.0))
    rows[0] |= {"flops_per_item": flops, "bytes_per_item": 1e9}
    assert roofline(measurements(rows))["bound"].to_list() == [bound]


def test_an_item_carries_the_making_of_its_device_for_as_long_as_it_takes() -> None:
    # One item a second on an H100: kg · 1000 / (4 years · 365 days · 86 400 s · 60 %) grams an item.
    frame = measurements(_rows(("NVIDIA H100 SXM5 80GB", 1.0, 700.0))).with_columns(
        co2_g_per_item=pl.lit(0.09)
    )
    factor = embodied_factor("NVIDIA H100 SXM5 80GB")
    assert factor is not None
    share_g = factor.value * 1000 / (4 * 365 * 86400 * 0.6)
    row = with_embodied(frame).row(0, named=True)
    assert row["embodied_g_per_item"] == pytest.approx(share_g)
    assert row["co2_g_per_item"] == pytest.approx(0.09 + share_g)
    finding = next(embodied_findings(with_embodied(frame)))
    assert finding.estimate == pytest.approx(share_g / (0.09 + share_g))
    assert finding.low < finding.estimate < finding.high  # type: ignore[operator]


def test_a_device_whose_making_is_unknown_carries_no_carbon_when_it_is_counted() -> None:
    frame = measurements(_rows(("board of nobody", 1.0, 1.0))).with_columns(co2_g_per_item=pl.lit(0.1))
    assert with_embodied(frame)["co2_g_per_item"].to_list() == [None]


def test_an_estimated_energy_gives_no_load_line() -> None:
    rows = [{**row, "basis": "estimated"} for row in _rows(("a", 10, 12.0), ("a", 100, 3.0))]
    assert load_lines(measurements(rows)).is_empty()


def test_every_regret_is_at_least_one_and_says_so() -> None:
    rows = _rows(("a", 1, 4.0), ("b", 1, 6.0), ("c", 1, 9.0))
    for row in rows:
        energy = float(str(row["energy_per_item_j"]))
        row |= {"low_per_item_j": 0.9 * energy, "high_per_item_j": 1.1 * energy}
    found = [f for f in run(measurements(rows), Settings()).findings if f.name.startswith("regret of")]
    assert [f.estimate for f in found] == [1.0, 1.5, 2.25]
    assert all(f.low >= 1 for f in found)  # type: ignore[operator]
    width = math.exp(math.sqrt(2) * math.log(1.1 / 0.9) / 2)
    assert found[2].high == pytest.approx(2.25 * width)


def test_the_bounds_of_a_load_line_are_those_of_weighted_least_squares() -> None:
    powers = {10.0: 72.0, 20.0: 88.0, 40.0: 130.0, 100.0: 255.0}
    rows = _rows(*(("a", rate, power / rate) for rate, power in powers.items()))
    line = load_lines(measurements(rows)).row(0, named=True)
    power = np.array(list(powers.values()))
    reference = WLS(power, add_constant(list(powers)), weights=power**-2.0).fit().conf_int()
    assert (line["fixed_low_w"], line["fixed_high_w"]) == pytest.approx(tuple(reference[0]))
    assert (line["marginal_low_j"], line["marginal_high_j"]) == pytest.approx(tuple(reference[1]))
    two = load_lines(measurements(rows[::3])).row(0, named=True)
    assert two["fixed_low_w"] is None
