"""Temperatures: thermal resistance, time constant with its gates, throttling, confounding."""

from dataclasses import replace

import numpy as np
import pytest

from collectors.trace import Device, Mark, Sample
from ecoanalysis.energy.heat import heat_rows
from ecoanalysis.energy.heat_meter import KEPT_READINGS, Thinned
from ecoanalysis.energy.rc_fit import fit_rc
from ecoanalysis.store.frame import frame
from ecoanalysis.store.queries import heat
from tests.ecoanalysis.energy.recorded import NVML, at, codes, database, marks, run

GPU = replace(NVML, extra='{"temperature_limit_c": 83}')


def heating(
    tau_s: float = 30.0, final_c: float = 80.0, end_s: float = 160.0, run_id: int = 1, device: Device = GPU
) -> list[Sample]:
    """10 s idle at 40 °C and 60 W, then 260 W: T = T∞ − (T∞ − 40)·e^(−t/τ), read in whole degrees at 1 Hz."""
    samples = []
    for t in np.arange(0.0, end_s + 0.5, 1.0):
        hot_s = max(t - 10.0, 0.0)
        temperature = final_c - (final_c - 40.0) * np.exp(-hot_s / tau_s)
        samples.append(
            Sample(
                run_id,
                device.id,
                at(float(t)),
                power_w=60.0 if t < 10 else 260.0,
                temperature_c=float(np.round(temperature)),
                fan_ratio=0.5,
                clock_hz=1.4e9,
                throttle_thermal_ns=round(max(t - 100.0, 0.0) * 0.5e9),
                throttle_power_ns=0,
            )
        )
    return samples


def test_a_heating_edge_gives_back_its_resistance_and_time_constant() -> None:
    con = database(
        devices=[GPU], samples=heating(), marks=marks((0, "idle"), (10, "infer")), runs=[run(end_s=160)]
    )
    row = heat(con).row(0, named=True)
    assert (row["idle_c"], row["peak_c"], row["rise_c"]) == (40, 80, 40)
    assert row["fit_gate"] == "ok"
    assert row["tau_s"] == pytest.approx(30, rel=0.03)
    assert row["final_c"] == pytest.approx(80, abs=0.5)
    assert row["steady"]
    assert row["r_th_c_per_w"] == pytest.approx(40 / 200, rel=0.05)  # 40 °C for 200 W above idle
    assert row["margin_c"] == 3
    assert row["throttle_thermal_s"] == pytest.approx(30)  # half of the last 60 s
    assert (row["throttle_power_s"], row["throttle_source"]) == (0, "counter")
    assert row["energy_per_c_j"] == pytest.approx(150 * 260 / 40, rel=0.01)


t = np.arange(0.0, 150.0)
edge = 80 - 40 * np.exp(-t / 30)


def test_the_time_constant_is_withheld_where_it_cannot_be_identified() -> None:
    fan = np.where(t > 60, 0.8, 0.5)
    assert fit_rc(t, edge).gate == "ok"
    assert fit_rc(t, edge, fan).gate == "the fan's duty changed"
    assert fit_rc(t, edge, None, np.where(t > 60, 1.2e9, 1.4e9)).gate == "the clock changed"
    assert fit_rc(t[:30], edge[:30]).gate == "the edge lasts 29 s, under 2 time constants"
    assert fit_rc(t, 40 + edge / 20).gate.startswith("rise of")
    assert fit_rc(t[:5], edge[:5]).gate == "only 5 temperature readings"
    two_poles = 80 - 20 * np.exp(-t / 1.0) - 20 * np.exp(-t / 60)
    assert "more than one" in fit_rc(t, two_poles).gate or fit_rc(t, two_poles).gate.startswith("the edge")
    unknown = np.full(t.size, np.nan)
    assert fit_rc(t, edge, unknown, unknown).gate == "ok"


def test_throttling_is_taken_from_the_sampled_reasons_where_there_is_no_counter() -> None:
    samples = [
        Sample(1, GPU.id, at(s), power_w=100.0, throttle_bits=0x20 if s >= 6 else 0x4) for s in range(11)
    ]
    row = heat(database(devices=[GPU], samples=samples)).row(0, named=True)
    assert (row["throttle_thermal_s"], row["throttle_power_s"]) == (5, 5)
    assert row["throttle_source"] == "sampled reasons"
    assert row["mean_c"] is None


def test_runs_at_different_temperatures_are_noted_as_confounded() -> None:
    samples = [*heating(final_c=50.0), *heating(final_c=80.0, run_id=2)]
    phases = [Mark(i, at(s), name) for i in (1, 2) for s, name in ((0, "idle"), (10, "infer"))]
    con = database(devices=[GPU], samples=samples, marks=phases, runs=[run(1, end_s=160), run(2, end_s=160)])
    assert codes(con) == ["energy_temperature_confounded"]
    # Means over the heating edges: 48 and 73 °C, apart by 24 °C at 0.7 % a degree.
    assert "up to 17% between" in frame(con, "SELECT text FROM note").item()


def test_no_temperature_is_no_row() -> None:
    samples = [Sample(1, GPU.id, at(s), power_w=100.0) for s in range(11)]
    assert heat(database(devices=[GPU], samples=samples)).is_empty()


def test_a_series_in_pieces_has_the_heat_of_the_whole() -> None:
    """The stretch of inference breaks off at 101 s, within a piece or at the end of one; the counters skip readings."""
    samples = [
        replace(sample, throttle_thermal_ns=None if i % 3 else sample.throttle_thermal_ns)
        for i, sample in enumerate(heating())
    ]
    phases = marks((0, "idle"), (10, "infer"), (101, "other"), (120, "infer"))
    con = database(devices=[GPU], samples=samples, marks=phases, runs=[run(end_s=160)])
    whole = heat_rows(con)
    assert whole["tau_s"].item() == pytest.approx(30, rel=0.03)
    for rows_count in (3, 7, 50, 101):
        assert heat_rows(con, rows_count).equals(whole)


def test_of_a_long_series_every_second_reading_is_kept_then_every_fourth() -> None:
    thinned = Thinned(1)
    for start in range(0, 3 * KEPT_READINGS, 1000):
        thinned.add(np.arange(start, start + 1000, dtype=float)[:, None])
    kept = thinned.rows[:, 0]
    assert kept.size <= KEPT_READINGS
    assert (kept == 4 * np.arange(kept.size)).all()


def test_the_heat_of_a_run_that_took_turns_is_that_of_all_of_them() -> None:
    phases = marks((0, "idle"), (10, "infer"), (60, "between_turns"), (80, "infer"))
    row = heat(database(devices=[GPU], samples=heating(), marks=phases, runs=[run(end_s=160)])).row(
        0, named=True
    )
    assert (row["idle_c"], row["peak_c"], row["margin_c"]) == (40, 80, 3)
    theirs = (
        "rise_c",
        "r_th_c_per_w",
        "energy_per_c_j",
        "near_limit_s",
        "throttle_thermal_s",
        "throttle_source",
    )
    assert {name: row[name] for name in theirs} == dict.fromkeys(theirs)
