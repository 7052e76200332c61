"""Power curves of your own metered devices, for a device of the same kind that has no sensor."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecoanalysis.energy.estimate import PowerCurve
from ecoanalysis.identity.key import device_key
from ecoanalysis.models.power_fit import Array
from ecoanalysis.models.power_split import each_out, folds, tails
from ecoanalysis.store.frame import frame

if TYPE_CHECKING:
    import duckdb
    import polars as pl

_SECONDS_LEAST = 120  # of metered seconds, below which a curve is an anecdote
_SPAN_LEAST = 0.3  # of utilisation, below which its ends are guesses
_GRID = np.linspace(0.0, 1.0, 21)

# One second of one device: mean utilisation, and power from the meter or from the rise of its counter.
_SECONDS = """
SELECT d.name, s.run_id, avg(s.util_ratio) AS util_ratio,
    coalesce(avg(s.power_w), CASE WHEN max_by(energy_j, s.t_ns) > min_by(energy_j, s.t_ns) THEN
        (max_by(energy_j, s.t_ns) - min_by(energy_j, s.t_ns)) / (max(s.t_ns) - min(s.t_ns)) * 1e9 END) AS power_w
FROM sample s JOIN device d ON d.id = s.device_id
WHERE d.name IN (SELECT name FROM device WHERE energy_source = 'none')
    AND s.util_ratio IS NOT NULL AND d.kind <> 'wall' AND (s.power_w IS NOT NULL OR s.energy_j IS NOT NULL)
GROUP BY d.name, s.run_id, s.device_id, s.t_ns // 1000000000 HAVING power_w > 0
ORDER BY d.name, s.run_id, min(s.t_ns)
"""


@dataclass(frozen=True, slots=True)
class OwnCurve:
    """A curve with how it was found: the form that held-out runs chose, and its error there [%]."""

    curve: PowerCurve
    form: str
    mdape_pct: float
    seconds_count: int
    runs_count: int


def own_curves(con: "duckdb.DuckDBPyConnection") -> dict[str, OwnCurve]:
    """Return the curve of each metered device that has an unmetered namesake, by the key of its name.

    Two minutes with utilisation beside power, spanning 30 % of it, are the least. The form (line, piecewise line,
    monotone steps) is the one that predicts held-out runs best; the interval is that of the held-out residuals.
    """
    seconds = frame(con, _SECONDS)
    found = {}
    for (name,), rows in seconds.group_by("name", maintain_order=True):
        curve = fit_curve(str(name), rows)
        if curve is not None:
            found[device_key(str(name))] = curve
    return found


def fit_curve(name: str, rows: "pl.DataFrame") -> OwnCurve | None:
    """Return the curve of one device from its seconds (run_id, util_ratio, power_w), None for too few or too flat."""
    util, power = rows["util_ratio"].to_numpy(), rows["power_w"].to_numpy()
    if len(util) < _SECONDS_LEAST or np.ptp(np.percentile(util, [2, 98])) < _SPAN_LEAST:
        return None
    runs = [str(run) for run in rows["run_id"].to_list()]
    blocks = [f"{index * 5 // len(runs)}" for index in range(len(runs))]
    enough = len(set(runs)) >= 3
    parts = (folds(runs, 10) if len(set(runs)) > 10 else each_out(runs)) if enough else each_out(blocks)
    held_out = {}
    for form in FORMS:
        rest = np.zeros(len(util))
        for train, test in parts:
            rest[test] = np.log(
                power[test] / np.interp(util[test], _GRID, FORMS[form](util[train], power[train]))
            )
        held_out[form] = rest
    form = min(held_out, key=lambda one: float(np.median(np.abs(np.expm1(-held_out[one])))))
    low, high = tails(held_out[form][:, None], np.ones(len(util)))
    watt = FORMS[form](util, power)
    error = 100 * float(np.median(np.abs(np.expm1(-held_out[form]))))
    curve = PowerCurve(
        util_ratio=tuple(_GRID.tolist()),
        power_w=tuple(watt.tolist()),
        low_w=tuple((watt * np.exp(min(low[0], 0.0))).tolist()),
        high_w=tuple((watt * np.exp(max(high[0], 0.0))).tolist()),
        method="fitted",
        note=f"{form} fitted to {len(util)} s of a metered {name}, {error:.1f} % off on held-out runs",
    )
    return OwnCurve(curve, form, error, len(util), len(set(runs)))


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
