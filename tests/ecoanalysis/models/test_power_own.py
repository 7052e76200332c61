"""Curves of one's own metered devices are found again from planted samples, and used where there is no sensor."""

import lzma
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ecoanalysis.energy.estimate import Host
from ecoanalysis.models.power_curve import curve_for
from ecoanalysis.models.power_own import FORMS, fit_curve, monotone, own_curves
from ecoanalysis.settings import Settings
from ecoanalysis.store.database import open_database

_GRID = np.linspace(0.0, 1.0, 21)


def _rows(law: str, runs: int = 6, seconds: int = 60) -> pl.DataFrame:
    """Seconds of a device whose power is known, with 1 % of noise."""
    rng = np.random.default_rng(7)
    util = rng.uniform(0, 1, runs * seconds)
    power = {"line": 40 + 160 * util, "bent": 40 + 160 * np.minimum(util / 0.5, 1.0)}[law]
    run = np.repeat(np.arange(runs), seconds)
    return pl.DataFrame(
        {"run_id": run, "util_ratio": util, "power_w": power * rng.normal(1, 0.01, len(util))}
    )


def test_a_planted_line_is_found() -> None:
    found = fit_curve("x", _rows("line"))
    assert found is not None
    assert found.mdape_pct < 1.2  # the noise's median is 0.67 %
    assert np.interp(0.5, found.curve.util_ratio, found.curve.power_w) == pytest.approx(120, rel=0.01)
    assert found.runs_count == 6


def test_a_planted_bend_is_not_taken_for_a_line() -> None:
    found = fit_curve("x", _rows("bent"))
    assert found is not None
    assert found.form != "a line"
    assert np.interp(0.25, found.curve.util_ratio, found.curve.power_w) == pytest.approx(120, rel=0.05)


def test_clocks_and_warmth_are_in_the_load_where_they_tell_more_than_utilisation() -> None:
    rng = np.random.default_rng(3)
    util, clock, warm = rng.uniform(0, 1, 360), rng.choice([1e9, 2e9], 360), rng.uniform(40, 80, 360)
    run = np.repeat(np.arange(6), 60)
    base = {"run_id": run, "util_ratio": util, "temperature_c": warm}
    cube = pl.DataFrame(base | {"clock_hz": clock, "power_w": 40 + 160 * util * (clock / 2e9) ** 3})
    found = fit_curve("x", cube)
    assert found is not None
    assert found.curve.load.clock_exponent == 3.0
    assert found.curve.load.warm_share == 0.0  # it says nothing here
    slow = {"util_ratio": np.array([1.0]), "clock_hz": np.array([1e9]), "temperature_c": np.array([60.0])}
    assert found.curve.power(found.curve.load.of(slow))[0][0] == pytest.approx(
        60, rel=0.02
    )  # an eighth of 160 W more
    assert "clock" in found.curve.note
    blind = fit_curve("x", cube.drop("clock_hz"))
    assert blind is not None
    assert blind.mdape_pct > 5 * found.mdape_pct


@pytest.mark.shared
def test_temperature_beside_utilisation_tells_more_of_a_real_board(shared_data: Path) -> None:
    # the TU Berlin group's RTX 5000: 337 configurations, each model held out in turn
    file = shared_data / "dosgroup_gpu_power_training" / "configs.csv.xz"
    rows = pl.read_csv(lzma.decompress(file.read_bytes()), infer_schema_length=None)
    rows = rows.filter(pl.col("gpu") == "Quadro RTX 5000").select(
        run_id="model_name", util_ratio=pl.col("gpu_utilization_mean") / 100,
        temperature_c="temperature_celsius_mean", power_w="power_draw_watts_mean",
    )  # fmt: skip
    blind, warm = fit_curve("x", rows.drop("temperature_c")), fit_curve("x", rows)
    assert blind is not None
    assert warm is not None
    assert warm.mdape_pct < 0.7 * blind.mdape_pct


def test_all_forms_never_fall_on_noisy_data() -> None:
    rows = _rows("bent")
    for name, form in FORMS.items():
        assert np.all(np.diff(form(rows["util_ratio"].to_numpy(), rows["power_w"].to_numpy())) >= -1e-9), name


def test_falling_neighbours_are_pooled() -> None:
    # medians 10, 30, 20 at 0, 0.5, 1: the last two pool to 25
    found = monotone(np.array([0.0, 0.5, 1.0]), np.array([10.0, 30.0, 20.0]))
    assert found[[0, 10, 20]].tolist() == [10.0, 25.0, 25.0]


def test_too_short_or_too_flat_is_no_curve() -> None:
    assert fit_curve("x", _rows("line", runs=1, seconds=100)) is None
    flat = _rows("line").with_columns(pl.col("util_ratio") * 0.1)
    assert fit_curve("x", flat) is None


def _metered(con: duckdb.DuckDBPyConnection, counter: bool) -> None:
    """A device at 4 Hz for 200 s: 50 W + 100 W · util, as a meter or as a counter."""
    for number, source in ((1, "counter"), (2, "none")):
        con.execute(
            """INSERT INTO device (id, kind, name, boundary, sensor, energy_source)
            VALUES (?, 'cpu', 'Fine CPU @ 2.00GHz', 'package', 'x', ?)""",
            [number, source],
        )
    tick = np.arange(800)
    util = (tick // 80 % 10) / 9
    power = 50 + 100 * util
    energy = np.concatenate([[0.0], np.cumsum(power[:-1] * 0.25)])
    con.execute(
        f"""INSERT INTO sample (run_id, device_id, t_ns, util_ratio, {"energy_j" if counter else "power_w"})
        SELECT 1, 1, unnest(?), unnest(?), unnest(?)""",
        [(tick * 250_000_000).tolist(), util.tolist(), (energy if counter else power).tolist()],
    )


@pytest.mark.parametrize("counter", [False, True])
def test_a_metered_device_lends_its_curve_to_one_of_the_same_name(counter: bool, tmp_path: Path) -> None:
    con = open_database(tmp_path / "eco.duckdb")
    _metered(con, counter)
    found = own_curves(con)
    assert list(found) == ["fine"]
    host = Host("cpu", "Fine CPU @ 2.00GHz", None, 8, None, None, None)
    curve = curve_for(Settings(), con)(host)
    assert curve is not None
    assert np.interp(0.5, curve.util_ratio, curve.power_w) == pytest.approx(100, rel=0.03)
    virtual = Host("cpu", "Fine CPU @ 2.00GHz", None, 2, "kvm", None, None)
    other = curve_for(Settings(), con)(virtual)
    assert other is None or other.method == "specification"
    con.close()


def test_the_turns_of_a_run_are_no_seconds_of_a_device() -> None:
    with open_database(":memory:") as con:
        _metered(con, counter=True)
        con.execute("INSERT INTO mark (run_id, t_ns, phase) VALUES (1, 0, 'between_turns')")
        assert own_curves(con) == {}
