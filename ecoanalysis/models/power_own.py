"""Power curves of your own metered devices, for a device of the same kind that has no sensor."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from collectors.trace.records import BETWEEN_TURNS
from ecoanalysis.energy.estimate import UTILISATION, Load, PowerCurve
from ecoanalysis.identity.key import device_key
from ecoanalysis.models.power_fit import Array
from ecoanalysis.models.power_split import Part, each_out, folds, tails
from ecoanalysis.store.frame import frame

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_SECONDS_LEAST = 120  # of metered seconds, below which a curve is an anecdote
_SPAN_LEAST = 0.3  # of utilisation, below which its ends are guesses
_GRID = np.linspace(0.0, 1.0, 21)

# What may tell more than utilisation, where the device to be estimated records it too.
_CHANNELS = ("clock_hz", "mem_util_ratio", "temperature_c")
_CLEARLY_BETTER = 0.9  # of the error: a channel that helps less is left out
_UNMETERED = """
SELECT d.name, count(s.clock_hz) AS clock_hz, count(s.mem_util_ratio) AS mem_util_ratio,
    count(s.temperature_c) AS temperature_c, count(s.util_ratio) AS util_ratio
FROM sample s JOIN device d ON d.id = s.device_id WHERE d.energy_source = 'none' GROUP BY d.name
"""
# One second of one device: means of what it does, and power from the meter or from the rise of its counter. A run that
# takes turns is read in some 40 ms of it: no second of its own.
_SECONDS = """
SELECT d.name, s.run_id, avg(s.util_ratio) AS util_ratio, avg(s.clock_hz) AS clock_hz,
    avg(s.mem_util_ratio) AS mem_util_ratio, avg(s.temperature_c) AS temperature_c,
    coalesce(avg(s.power_w), CASE WHEN max_by(energy_j, s.t_ns) > min_by(energy_j, s.t_ns) THEN
        (max_by(energy_j, s.t_ns) - min_by(energy_j, s.t_ns)) / (max(s.t_ns) - min(s.t_ns)) * 1e9 END) AS power_w
FROM sample s JOIN device d ON d.id = s.device_id
WHERE d.name IN (SELECT name FROM device WHERE energy_source = 'none')
    AND s.run_id NOT IN (SELECT run_id FROM mark WHERE phase = ?)
    AND s.util_ratio IS NOT NULL AND d.kind <> 'wall' AND (s.power_w IS NOT NULL OR s.energy_j IS NOT NULL)
GROUP BY d.name, s.run_id, s.device_id, s.t_ns // 1000000000 HAVING power_w > 0
ORDER BY d.name, s.run_id, min(s.t_ns)
"""


@dataclass(frozen=True, slots=True)
class OwnCurve:
    """A curve with how it was found: the form and the load that held-out runs chose, and its error there [%]."""

    curve: PowerCurve
    form: str
    mdape_pct: float
    seconds_count: int
    runs_count: int


def own_curves(con: "duckdb.DuckDBPyConnection") -> dict[str, OwnCurve]:
    """Return the curve of each metered device that has an unmetered namesake, by the key of its name.

    Two minutes with utilisation beside power, spanning 30 % of it, are the least. The form (line, piecewise line,
    monotone steps) is the one that predicts held-out runs best, and so are the clock, memory activity and temperature
    beside utilisation, each where both devices record it; the interval is that of the held-out residuals.
    """
    recorded = {row["name"]: row for row in frame(con, _UNMETERED).iter_rows(named=True)}
    found = {}
    for (name,), rows in frame(con, _SECONDS, [BETWEEN_TURNS]).group_by("name", maintain_order=True):
        counts = recorded.get(str(name), {})  # empty where it has no samples: nothing of it is estimated
        lacking = [channel for channel in _CHANNELS if counts.get(channel, 0) < counts.get("util_ratio", 1)]
        curve = fit_curve(str(name), rows.drop(lacking))
        if curve is not None:
            found[device_key(str(name))] = curve
    return found


def fit_curve(name: str, rows: "pl.DataFrame") -> OwnCurve | None:
    """Return the curve of one device from its seconds, None for too few or too flat.

    `rows` has run_id, util_ratio, power_w, and as far as recorded clock_hz, mem_util_ratio and temperature_c.
    """
    util, power = rows["util_ratio"].to_numpy(), rows["power_w"].to_numpy()
    if len(util) < _SECONDS_LEAST or np.ptp(np.percentile(util, [2, 98])) < _SPAN_LEAST:
        return None
    runs = [str(run) for run in rows["run_id"].to_list()]
    parts = _parts(runs)
    channels = [one for one in _CHANNELS if one in rows.columns and rows[one].null_count() == 0]
    values = {one: rows[one].to_numpy() for one in ("util_ratio", *channels)}
    load = UTILISATION
    form, rest = _best_form(load.of(values), power, parts)
    for channel in channels:
        for tried in _with_channel(load, channel, values[channel]):
            other, left = _best_form(tried.of(values), power, parts)
            if _error(left) < _CLEARLY_BETTER * _error(rest):
                load, form, rest = tried, other, left
    low, high = tails(rest[:, None], np.ones(len(util)))
    watt = FORMS[form](load.of(values), power)
    curve = PowerCurve(
        util_ratio=tuple(_GRID.tolist()),
        power_w=tuple(watt.tolist()),
        low_w=tuple((watt * np.exp(min(low[0], 0.0))).tolist()),
        high_w=tuple((watt * np.exp(max(high[0], 0.0))).tolist()),
        method="fitted",
        note=f"{form} over {_words(load)}, fitted to {len(util)} s of a metered {name}, "
        f"{_error(rest):.1f} % off on held-out runs",
        load=load,
    )
    return OwnCurve(curve, form, _error(rest), len(util), len(set(runs)))


def _parts(runs: list[str]) -> list[Part]:
    """Return the folds: runs held out, or fifths of the time where there are fewer than three runs."""
    if len(set(runs)) < 3:
        return each_out([f"{index * 5 // len(runs)}" for index in range(len(runs))])
    return folds(runs, 10) if len(set(runs)) > 10 else each_out(runs)


def _best_form(load: Array, power: Array, parts: list[Part]) -> tuple[str, Array]:
    """Return the form that predicts held-out runs best over a load, with ln(true ÷ predicted) there."""
    held_out = {}
    for form, fit in FORMS.items():
        rest = np.zeros(len(load))
        for train, test in parts:
            rest[test] = np.log(power[test] / np.interp(load[test], _GRID, fit(load[train], power[train])))
        held_out[form] = rest
    best = min(held_out, key=lambda one: _error(held_out[one]))
    return best, held_out[best]


def _error(rest: Array) -> float:
    """Return the median relative error of log residuals [%]."""
    return 100 * float(np.median(np.abs(np.expm1(-rest))))


def _with_channel(load: Load, channel: str, values: Array) -> list[Load]:
    """Return a load with a channel in it, weakly and strongly; none where the channel stands still.

    Dynamic power grows with clock · voltage², so with up to the cube of the clock; a warm device has been busy, and
    leaks.
    """
    low, high = (float(one) for one in np.percentile(values, [2, 98]))
    if high - low < 0.02 * max(abs(high), 1.0):
        return []
    if channel == "clock_hz":
        return [replace(load, full_clock_hz=high, clock_exponent=power) for power in (1.0, 2.0, 3.0)]
    if channel == "mem_util_ratio":
        return [replace(load, memory_share=share) for share in (0.25, 0.5)]
    return [replace(load, warm_share=share, cool_c=low, hot_c=high) for share in (0.25, 0.5)]


def _words(load: Load) -> str:
    """Return what a load is made of."""
    parts = {
        "clock": load.clock_exponent,
        "memory activity": load.memory_share,
        "temperature": load.warm_share,
    }
    return " and ".join(["utilisation", *(name for name, share in parts.items() if share)])


def line(util: Array, power: Array) -> Array:
    """Return a straight line's power [W] on the grid, by least absolute error."""
    d = np.column_stack([np.ones(len(util)), util])
    return _absolute(d, power, np.column_stack([np.ones(len(_GRID)), _GRID]))


def piecewise(util: Array, power: Array) -> Array:
    """Return a line's power [W] with bends at 10 % and 50 % on the grid, never falling."""

    def design(u: Array) -> Array:
        return np.column_stack([np.ones(len(u)), u, np.maximum(u - 0.1, 0), np.maximum(u - 0.5, 0)])

    return np.asarray(np.maximum.accumulate(_absolute(design(util), power, design(_GRID))))


def monotone(util: Array, power: Array) -> Array:
    """Return never-falling power [W] on the grid: medians of bins, neighbours that fall pooled (Ayer et al. 1955)."""
    at = np.clip(np.rint(util * 20).astype(int), 0, 20)
    blocks: list[list[float]] = []  # value, weight, first grid point, last
    for level in sorted(set(at.tolist())):
        inside = power[at == level]
        blocks.append(
            [float(np.median(inside)), float(len(inside)), float(_GRID[level]), float(_GRID[level])]
        )
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            last, before = blocks.pop(), blocks.pop()
            weight = last[1] + before[1]
            value = (last[0] * last[1] + before[0] * before[1]) / weight
            blocks.append([value, weight, before[2], last[3]])
    points = [point for block in blocks for point in (block[2], block[3])]
    values = [block[0] for block in blocks for _ in range(2)]
    return np.interp(_GRID, points, values)


FORMS = {"a line": line, "a piecewise line": piecewise, "monotone steps": monotone}


def _absolute(d: Array, y: Array, grid: Array) -> Array:
    """Return the fit by least absolute error, on the grid; nowhere below a tenth of the least power."""
    weight = np.ones(len(y))
    found: Array = np.zeros(d.shape[1])
    for _ in range(25):
        a = (d * weight[:, None]).T
        found = np.asarray(np.linalg.solve(a @ d + 1e-6 * np.eye(d.shape[1]), a @ y), dtype=np.float64)
        weight = 1 / np.maximum(np.abs(y - d @ found), 1e-3 * float(np.median(y)))
    return np.asarray(np.maximum(grid @ found, 0.1 * float(y.min())), dtype=np.float64)
