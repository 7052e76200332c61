import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from collectors.trace import Note
from ecoanalysis.errors import EcoError
from ecoanalysis.impact.factor import Factor
from ecoanalysis.settings import Settings
from ecoanalysis.studies import implementation, place, quality, scaling
from ecoanalysis.studies.comparison import compare
from ecoanalysis.studies.effect import pairs_needed
from ecoanalysis.studies.exponent import model_exponent
from ecoanalysis.studies.frame import load
from ecoanalysis.studies.overhead import overheads
from ecoanalysis.studies.sensitivity import one_at_a_time, total_shares
from ecoanalysis.studies.time_repeats import time_findings
from tests.ecoanalysis.energy.recorded import RAPL, counters, database, marks
from tests.ecoanalysis.studies.planted import measurements


def test_a_waste_factor_is_the_ratio_to_the_sound_twin() -> None:
    rows = [
        {"base_model": m, "variant": v, "nominal_batch_size": b, "energy_per_item_j": e}
        for m in "abc"
        for v, b, e in [("sound", 64.0, 1.0), ("row_loop", 64.0, 5.0), ("row_loop", 1.0, 50.0)]
    ]
    result = implementation.run(measurements(rows), Settings())
    assert result.findings[0].estimate == pytest.approx(5.0)
    assert result.findings[0].groups["treatment"] == "row_loop"


def test_the_energy_of_a_call_and_of_an_item_are_recovered() -> None:
    # E = 3 J a call + 1 J an item: per item 4, 3/4 + 1, 3/16 + 1
    rows = [
        {"base_model": "m", "nominal_batch_size": b, "energy_per_item_j": 3 / b + 1} for b in (1.0, 4.0, 16.0)
    ]
    row = overheads(measurements(rows)).row(0, named=True)
    assert (row["call_j"], row["item_j"], row["share_at_one"]) == pytest.approx((3.0, 1.0, 0.75))


def _sized(exponent: float, batch: float, year: float = 0.0) -> pl.DataFrame:
    """Eight models of two published years at three batch sizes: E = N^exponent · B^batch · exp(year · years)."""
    rng = np.random.default_rng(4)
    rows = []
    for step in range(8):
        size, deviation = int(1e8 * 2**step), rng.normal(0, 0.05)
        for b in (1.0, 4.0, 16.0):
            log = exponent * math.log(size) + batch * math.log(b) + year * (step % 3) + deviation
            rows.append(
                {
                    "base_model": f"m{step}",
                    "model": f"m{step}",
                    "params_count": size,
                    "flops_per_item": float(size) ** 2,
                    "batch_size": b,
                    "nominal_batch_size": b,
                    "energy_per_item_j": math.exp(log),
                }
            )
    return measurements(rows)


def test_exponents_of_size_batch_and_operations_are_recovered() -> None:
    found = {f.groups["predictor"]: f for f in scaling.run(_sized(0.8, -0.5), Settings()).findings}
    assert found["size"].estimate == pytest.approx(0.8, abs=0.05)
    assert found["size"].low < 0.8 < found["size"].high  # type: ignore[operator]
    assert found["batch"].estimate == pytest.approx(-0.5)
    assert found["flops"].estimate == pytest.approx(0.4, abs=0.03)  # operations as the square of size
    assert "params_count" not in found  # the same numbers as the active parameters


def test_the_figures_of_scaling_show_the_commonest_boundary_alone() -> None:
    frame = _sized(0.8, -0.5)
    parts = frame.head(9).with_columns(boundary=pl.lit("dram"), id=pl.col("id") + frame.height)
    panels = scaling.run(pl.concat([frame, parts]), Settings()).panels
    assert [panel.chart for panel in panels] == ["energy_size", "batch_curve"]
    for panel in panels:
        assert panel.frame["boundary"].to_list() == ["board"] * frame.height
        assert "(board boundary)" in panel.caption


def test_the_years_factor_is_at_equal_size() -> None:
    frame = _sized(0.8, 0.0, year=-0.2).with_columns(
        year=pl.col("base_model").str.slice(1).cast(pl.Float64) % 3, batch=pl.lit(None, pl.Float64)
    )
    found = model_exponent(
        frame.with_columns(size=pl.col("params_count").cast(pl.Float64)),
        frame["year"].to_numpy(),
        0.0,
        2.0,
        "size",
    )
    assert found is not None
    assert found.value == pytest.approx(-0.2, abs=0.07)


def test_an_exponents_interval_is_students_over_models() -> None:
    frame = measurements(
        [
            {"base_model": f"m{i}", "energy_per_item_j": math.exp(y)}
            for i, y in enumerate([0.0, 2.0, 2.0, 2.0])
        ]
    ).with_columns(batch=pl.lit(1.0))
    found = model_exponent(frame, np.arange(4.0), 0.0, 1.0)
    assert found is not None
    # slope 0.6, residuals (-0.6, 0.8, 0.2, -0.4): s² = 1.2 / 2, error = sqrt(0.6 / 5), t(0.975, 2) = 4.302653
    assert found.value == pytest.approx(0.6)
    assert found.high - found.value == pytest.approx(4.302653 * math.sqrt(0.6 / 5), rel=1e-6)


def test_scatter_of_repeats_is_their_coefficient_of_variation() -> None:
    rows = [{"base_model": "m", "repeat": r, "energy_per_item_j": e} for r, e in enumerate([9.0, 10.0, 11.0])]
    scatter = quality.repeat_scatter(measurements(rows))
    assert scatter["cv"].to_list() == pytest.approx([0.1])  # sample sd 1, mean 10


def test_the_headline_time_per_item_is_the_mean_and_the_fastest_batch_stands_beside_it() -> None:
    seconds = {"a": (9.0, 10.0, 11.0), "b": (10.0, 10.0, 10.0)}  # coefficients of variation 10 % and 0
    rows = [
        {
            "base_model": m,
            "repeat": r,
            "run_id": 10 * place + r,
            "throughput_items_per_s": 1 / s,
            "energy_per_item_j": 1.0,
            "phase": "infer",
        }
        for place, (m, times_s) in enumerate(seconds.items())
        for r, s in enumerate(times_s)
    ]
    frame = measurements(rows).with_columns(fastest_item_s=pl.Series([8.0, 8.0, 8.0, 8.0, 8.0, 8.0]))
    (found,) = [f for f in quality.run(frame, Settings()).findings if f.name.startswith("time:")]
    assert (found.estimate, found.n, found.basis) == (pytest.approx(0.05), 2, "measured")
    assert "within 5%: 1), that of the fastest batch by 0.0% (within 5%: 2)" in found.sentence


def test_a_run_that_is_metered_twice_is_one_repeat_whichever_row_comes_first() -> None:
    rows = [
        {"base_model": "m", "repeat": r, "run_id": r, "throughput_items_per_s": 1 / s, "energy_per_item_j": 1.0,
         "boundary": boundary, "device": device, "id": (7 * r + 3 * place) % 5}
        for r, s in enumerate((9.0, 10.0, 11.0))
        for place, (boundary, device) in enumerate((("node", "cpu + gpu"), ("board", "gpu")))
    ]  # fmt: skip
    first = {row["run_id"]: row["boundary"] for row in sorted(rows, key=lambda row: -row["id"])}  # type: ignore[operator]
    assert set(first.values()) == {"node", "board"}  # ids are hashes: either may be the first
    (found,) = time_findings(measurements(rows).with_columns(fastest_item_s=pl.lit(8.0)))
    assert (found.estimate, found.groups["device"]) == (pytest.approx(0.1), "cpu + gpu")


def test_notes_of_a_runs_times_double_none_of_its_rows_and_a_spoilt_one_stops_no_study() -> None:
    text = "per item: processor time 2 s, fastest batch {} s"
    con = database(
        devices=[RAPL],
        samples=counters(RAPL, [(t, 100.0 * t) for t in range(11)]),
        marks=marks((0, "infer"), (10, "infer", 5)),
        notes=[Note("repeat_times", text.format(each), run_id=1) for each in ("1.5", "1.5e-", "1.25")],
    )
    assert load(con)["fastest_item_s"].to_list() == [1.25]


def test_drift_is_found_where_it_was_planted_and_not_elsewhere() -> None:
    rng = np.random.default_rng(12)
    rows = [
        {
            "device": device,
            "base_model": f"m{m}",
            "repeat": r,
            "started_utc_ns": r,
            "temperature_c": 40.0 + 2 * r,
            "energy_per_item_j": math.exp(slope * r + rng.normal(0, 0.01)),
        }
        for device, slope in (("warms", 0.03), ("steady", 0.0))
        for m in range(8)
        for r in range(4)
    ]
    found = {f.name: f for f in quality.run(measurements(rows), Settings()).findings}
    assert found["drift: warms [planted], board"].estimate == pytest.approx(0.03, abs=0.005)
    assert found["heat: warms [planted], board"].estimate == pytest.approx(0.015, abs=0.003)
    assert not any(name.startswith(("drift: steady", "heat: steady")) for name in found)


def test_two_sensors_that_disagree_are_named() -> None:
    frame = measurements(_side("a", [1.0, 1.0, 1.0])).with_columns(sensor_ratio=pl.Series([1.01, 1.02, 1.2]))
    found = {f.name: f for f in quality.run(frame, Settings()).findings}
    assert found["two sensors: board A [planted]"].estimate == pytest.approx(0.02)
    assert "in 1 by more than 5%" in found["two sensors: board A [planted]"].sentence


def test_a_contrast_whose_sign_rests_on_estimates_is_named() -> None:
    rows = [
        {"device": d, "base_model": m, "precision": p, "basis": basis, "energy_per_item_j": e}
        for d, basis, ratio in (("x", "estimated", 0.1), ("y", "measured", 1.2))
        for m in ("a", "b", "c")
        for p, e in (
            ("fp16", 1.0),
            ("int8", ratio),
            ("nf4", ratio) if basis == "estimated" else ("fp16", 1.0),
        )
    ]
    found = {f.name: f for f in quality.run(measurements(rows), Settings()).findings}
    resting = found["conclusions on estimates: quantization"]
    assert resting.groups == {"only_estimated": "nf4 over fp16", "sign_changes": "int8 over fp16"}


def _side(model: str, energies: list[float]) -> list[dict[str, object]]:
    return [{"base_model": model, "repeat": r, "energy_per_item_j": e} for r, e in enumerate(energies)]


def test_a_clear_difference_is_better_and_a_blurred_one_cannot_be_told() -> None:
    slow, fast = measurements(_side("a", [10, 10.1, 9.9])), measurements(_side("b", [5, 5.1, 4.9]))
    assert compare(slow, fast, ("a", "b")).groups["verdict"] == "better"
    assert compare(fast, slow, ("b", "a")).groups["verdict"] == "worse"
    blurred = compare(slow, measurements(_side("b", [5, 10, 20])), ("a", "b"))
    assert blurred.groups["verdict"] == "cannot tell"
    assert "would tell" in blurred.sentence


def test_welch_by_hand() -> None:
    # logs of (1, e^0.2) and (e^1, e^1.4): means 0.1 and 1.2, variances 0.02 and 0.08, each of two repeats:
    # error √(0.01 + 0.04) = √0.05; df = 0.05² / (0.01² + 0.04²) = 1.4706, t = 6.1757 (R: qt(0.975, 1.470588))
    left = measurements(_side("a", [1.0, math.exp(0.2)]))
    right = measurements(_side("a", [math.exp(1.0), math.exp(1.4)]))
    finding = compare(left, right, ("a", "b"))
    assert math.log(finding.estimate or 0) == pytest.approx(1.1)
    assert math.log(finding.high or 0) - 1.1 == pytest.approx(stats.t.ppf(0.975, 1.4705882) * math.sqrt(0.05))


def test_a_comparison_says_how_many_more_would_tell() -> None:
    # log ratios 0.1 ± 0.2 over four models: d = 0.1 / sd; for d = 0.5 the paired t test needs 34 pairs (tables)
    assert pairs_needed(0.2, 0.1) == 34
    rows = {"a": [], "b": []}  # type: ignore[var-annotated]
    for step, change in enumerate([-0.17, 0.03, 0.17, 0.37]):
        for side, log in (("a", 0.0), ("b", change)):
            rows[side].append(
                {"base_model": f"m{step}", "precision": side, "energy_per_item_j": math.exp(log)}
            )
    found = compare(measurements(rows["a"]), measurements(rows["b"]), ("a", "b"))
    assert (found.groups["verdict"], found.groups["evidence"]) == ("cannot tell", "model")
    assert int(found.groups["needed"]) > 4
    assert f"About {found.groups['needed']} models (now 4)" in found.sentence


def test_models_at_several_batches_count_once_in_a_comparison() -> None:
    def side(name: str, energy: float) -> pl.DataFrame:
        return measurements(
            [
                {
                    "base_model": m,
                    "precision": name,
                    "nominal_batch_size": b,
                    "energy_per_item_j": energy + extra,
                }
                for m, extra in (("x", 0.0), ("y", 0.1), ("z", 0.2))
                for b in (1.0, 2.0, 4.0, 8.0)
            ]
        )

    assert compare(side("a", 1.0), side("b", 2.0), ("a", "b")).method.endswith("over models")


def test_comparing_across_boundaries_is_refused() -> None:
    wall = measurements([{**row, "boundary": "wall"} for row in _side("b", [1.0])])
    with pytest.raises(EcoError, match="share no configuration"):
        compare(measurements(_side("a", [1.0])), wall, ("x", "y"))


def test_carbon_and_water_disagree_where_they_were_made_to() -> None:
    regions = pl.DataFrame({"co2_g_per_kwh": [1.0, 2.0, 3.0], "ewif_l_per_kwh": [3.0, 1.0, 2.0]})
    assert place.rank_reversals(regions) == (2, 3)  # (1, 2) and (1, 3) are reversed, (2, 3) is not


def test_shares_of_a_product_are_its_log_variances() -> None:
    # log sd 0.3 and 0.4: shares 0.09/0.25 and 0.16/0.25
    factors = {"PUE": _factor(1.0, 0.3), "grid intensity": _factor(400.0, 0.4)}
    shares = total_shares(factors, energy_sd=0.0)
    assert shares["PUE"] == pytest.approx(0.36, abs=0.02)
    assert shares["grid intensity"] == pytest.approx(0.64, abs=0.02)
    assert shares["energy"] == pytest.approx(0.0, abs=1e-6)


def test_a_place_is_ranked_by_carbon_and_the_answer_names_both_ends() -> None:
    result = place.run(measurements([{"base_model": "m", "energy_per_item_j": 1.0}]), Settings(region="DEU"))
    assert "times as much" in result.answer
    assert {panel.chart for panel in result.panels} == {"region_scatter", "factor_sensitivity"}


def _factor(value: float, sd: float) -> Factor:
    width = math.exp(1.959964 * sd)
    return Factor(value, value / width, value * width, "", "X", "X", None, "", "", "", "", "")


def test_one_factor_at_a_time_moves_water_by_its_own_term() -> None:
    # water = WUE + PUE · EWIF = 1 + 1 · 1; EWIF from 0.5 to 3: (1 + 3) / (1 + 0.5)
    ewif = Factor(1.0, 0.5, 3.0, "", "X", "X", None, "", "", "", "", "")
    exact = Factor(1.0, 1.0, 1.0, "", "X", "X", None, "", "", "", "", "")
    factors = {"electricity water": ewif, "PUE": exact, "on-site water": exact}
    assert one_at_a_time(factors, with_site_water=True) == {"electricity water": pytest.approx(4.0 / 1.5)}
