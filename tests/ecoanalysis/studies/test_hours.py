"""Carbon by hour: files as people have them, runs at their own time, orders that turn over."""

from pathlib import Path

import polars as pl
import pytest

from ecoanalysis.errors import EcoError
from ecoanalysis.impact.hours import read_hours
from ecoanalysis.settings import Settings
from ecoanalysis.studies import place
from ecoanalysis.studies.hours import hour_findings, hours_reversed
from tests.ecoanalysis.studies.planted import measurements

_HOUR_NS = 3600 * 10**9


def _wide(path: Path) -> Path:
    # FRA: 50 g, but 10 at noon. DEU: 100 g, but 40 from 1 to 3 h and 200 at 19 h.
    germany = [40 if 1 <= hour <= 3 else 200 if hour == 19 else 100 for hour in range(24)]
    lines = [f"{hour},{10 if hour == 12 else 50},{germany[hour]}" for hour in range(24)]
    path.write_text("hour,FRA,DEU\n" + "\n".join(lines) + "\n")
    return path


def test_a_column_per_region_is_read(tmp_path: Path) -> None:
    profile = read_hours(_wide(tmp_path / "hours.csv"))
    assert profile.height == 48
    noon = profile.filter(pl.col("region") == "FRA", pl.col("hour") == 12)
    assert noon["co2_g_per_kwh"].to_list() == [10.0]


def test_times_with_a_zone_become_utc_and_days_are_averaged(tmp_path: Path) -> None:
    rows = [
        f"2025-06-0{day}T{hour:02}:00:00+02:00,DEU,{100 * day + hour}" for day in (1, 2) for hour in range(24)
    ]
    (tmp_path / "h.csv").write_text("time,region,co2_g_per_kwh\n" + "\n".join(rows) + "\n")
    profile = read_hours(tmp_path / "h.csv")
    ten = profile.filter(pl.col("hour") == 10).row(0, named=True)  # 12 h in Germany: 112 and 212 g
    assert (ten["co2_g_per_kwh"], ten["low"], ten["high"], ten["days"]) == (162.0, 112.0, 212.0, 2)


def test_an_electricity_maps_export_is_read_by_its_life_cycle_column(tmp_path: Path) -> None:
    head = "Datetime (UTC),Zone Id,Carbon Intensity gCO₂eq/kWh (direct),Carbon Intensity gCO₂eq/kWh (LCA)\n"
    rows = [f"2025-01-01 {hour:02}:00:00,FR,20,{30 + hour}" for hour in range(24)]
    (tmp_path / "em.csv").write_text(head + "\n".join(rows) + "\n")
    profile = read_hours(tmp_path / "em.csv")
    assert profile.filter(pl.col("hour") == 5)["co2_g_per_kwh"].to_list() == [35.0]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("hour,FRA\n0,1\n", "lacks hours"),
        ("a,b\n1,2\n", "neither an hour nor a time"),
        ("hour,name\n0,x\n", "no column of g/kWh"),
        ("time,FRA\nyesterday,3\n", "cannot be read"),
        ("hour,FRA\n" + "\n".join(f"{h},-1" for h in range(24)), "0 g/kWh or more"),
        ("hour,FRA\n" + "\n".join(f"{h + 1},1" for h in range(24)), "hours must be 0 to 23"),
    ],
)
def test_a_file_that_is_no_profile_is_refused_with_what_it_should_be(
    tmp_path: Path, text: str, word: str
) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(EcoError, match=word):
        read_hours(tmp_path / "bad.csv")


def test_runs_at_their_own_hour_carry_that_hours_carbon(tmp_path: Path) -> None:
    # 1 J at 11:30 for an hour (middle: noon, 10 g) and 3 J at 0 h (50 g): (10 + 150) / 4 = 40 g against a mean
    # of (23 · 50 + 10) / 24 = 48.33 g.
    frame = measurements(
        [
            {"started_utc_ns": int(11.5 * _HOUR_NS), "duration_s": 3600.0, "energy_j": 1.0},
            {"started_utc_ns": 24 * _HOUR_NS, "duration_s": 1.0, "energy_j": 3.0},
            {"energy_j": 7.0},  # no time: left out, and counted
        ]
    )
    profile = read_hours(_wide(tmp_path / "hours.csv"))
    found = {finding.name: finding for finding in hour_findings(profile, frame)}
    own = found["own hours in FRA"]
    assert own.estimate == pytest.approx(40 / ((23 * 50 + 10) / 24))
    assert own.n == 2
    assert own.exclusions == {"time or energy of the run unknown": 1}


def test_the_carbon_at_own_hours_is_bounded_by_the_days_of_that_hour(tmp_path: Path) -> None:
    # two days, 10 and 30 g at noon, 20 g at all other hours: mean 20 everywhere, 0.5 to 1.5 times it at noon
    days = [(day, hour, 20 if hour != 12 else 10 + 20 * day) for day in (0, 1) for hour in range(24)]
    path = tmp_path / "hours.csv"
    path.write_text(
        "time,FRA\n" + "".join(f"2025-06-0{day + 1} {hour:02}:00,{value}\n" for day, hour, value in days)
    )
    frame = measurements([{"started_utc_ns": 12 * _HOUR_NS, "duration_s": 1.0, "energy_j": 1.0}])
    found = {finding.name: finding for finding in hour_findings(read_hours(path), frame)}
    own = found["own hours in FRA"]
    assert (own.low, own.estimate, own.high) == pytest.approx((0.5, 1.0, 1.5))


def test_an_energy_inside_a_wider_boundary_counts_once(tmp_path: Path) -> None:
    row = {"started_utc_ns": 0, "duration_s": 1.0, "energy_j": 1.0}
    frame = measurements([{**row, "boundary": "node"}, {**row, "boundary": "board"}])
    found = {f.name: f for f in hour_findings(read_hours(_wide(tmp_path / "hours.csv")), frame)}
    assert found["own hours in FRA"].n == 1


def test_the_hours_in_which_the_order_turns_over_are_named(tmp_path: Path) -> None:
    profile = read_hours(_wide(tmp_path / "hours.csv"))
    parts = profile.partition_by("region", as_dict=True)
    assert hours_reversed(parts[("FRA",)], parts[("DEU",)]) == [1, 2, 3]
    found = {f.name: f for f in hour_findings(profile, measurements([{"energy_j": 1.0}]))}
    assert "DEU and FRA (1–3 h)" in found["rank reversals by hour"].sentence
    assert found["hours of DEU"].estimate == pytest.approx(5.0)


def test_the_place_study_takes_a_profile_and_draws_it(tmp_path: Path) -> None:
    settings = Settings(hours=_wide(tmp_path / "hours.csv"))
    result = place.run(measurements([{"base_model": "m", "energy_per_item_j": 1.0}]), settings)
    assert "hour_profile" in {panel.chart for panel in result.panels}
    assert any(finding.name == "rank reversals by hour" for finding in result.findings)
