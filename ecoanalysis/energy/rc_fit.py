"""The thermal time constant of a device: one resistance and one capacity fitted to a heating edge."""

from dataclasses import dataclass

import numpy as np

from ecoanalysis.energy.integral import Floats

_LEAST_READINGS = 12
_LEAST_RISE_C = 5.0  # temperatures come in whole degrees
_LEAST_TAUS = 2.0
_MOST_RESIDUAL_C = 1.0
_STEADY_FAN_RATIO = 0.05
_STEADY_CLOCK_RATIO = 0.03


@dataclass(frozen=True, slots=True)
class RcFit:
    """T(t) = T∞ − (T∞ − T₀)·e^(−t/τ). `gate` is `ok`, or why no time constant is given; then tau_s is None."""

    gate: str
    tau_s: float | None = None
    final_c: float | None = None
    residual_c: float | None = None


def fit_rc(
    t_s: Floats, temperature_c: Floats, fan_ratio: Floats | None = None, clock_hz: Floats | None = None
) -> RcFit:
    """Return the one-pole fit of a heating edge that begins at `t_s[0]`, where it can be identified.

    t_s [s] ascends; temperatures [°C] in whole degrees are usual (error ± 0.5). Gates: at least 12 readings and
    a rise of 5 °C, an edge of at least 2 τ, fan and clocks that held still (within 5 % of full and 3 %), and a
    residual of at most 1 °C: a larger one means more than one pole. Fan and clocks that are not known (NaN,
    None) gate nothing: a passive board has none.
    """
    if t_s.size < _LEAST_READINGS:
        return RcFit(f"only {t_s.size} temperature readings")
    third = max(t_s.size // 5, 2)
    rise_c = float(temperature_c[-third:].mean() - temperature_c[0])
    if rise_c < _LEAST_RISE_C:
        return RcFit(f"rise of {rise_c:.1f} °C is under {_LEAST_RISE_C:g} °C")
    if _range(fan_ratio) > _STEADY_FAN_RATIO:
        return RcFit("the fan's duty changed")
    # The first readings of an edge may still show the clock of before.
    clock = clock_hz[third:] if clock_hz is not None else None
    if clock is not None and _range(clock) > _STEADY_CLOCK_RATIO * max(
        float(np.nanmax(clock, initial=1.0)), 1.0
    ):
        return RcFit("the clock changed")
    length_s = float(t_s[-1] - t_s[0])
    tau_s, final_c, residual_c = _best(t_s - t_s[0], temperature_c, length_s)
    if length_s < _LEAST_TAUS * tau_s:
        return RcFit(f"the edge lasts {length_s:.0f} s, under {_LEAST_TAUS:g} time constants")
    if residual_c > _MOST_RESIDUAL_C:
        return RcFit(f"residual of {residual_c:.1f} °C: more than one time constant")
    return RcFit("ok", tau_s, final_c, residual_c)


def _best(t_s: Floats, temperature_c: Floats, length_s: float) -> tuple[float, float, float]:
    """Return τ [s], T∞ [°C] and the residual's standard deviation [°C] of the least-squares fit.

    For a given τ the model is linear in T∞ and T₀; τ is searched on a logarithmic grid, refined thrice.
    """
    low, high = np.log(max(length_s / t_s.size, 1e-3)), np.log(4 * length_s)
    best = (0.0, 0.0, np.inf)
    for _ in range(4):
        grid = np.linspace(low, high, 41)
        fits = [_linear(t_s, temperature_c, float(np.exp(x))) for x in grid]
        at = int(np.argmin([fit[2] for fit in fits]))
        best = fits[at]
        low, high = grid[max(at - 1, 0)], grid[min(at + 1, grid.size - 1)]
    return best


def _linear(t_s: Floats, temperature_c: Floats, tau_s: float) -> tuple[float, float, float]:
    decay = np.exp(-t_s / tau_s)
    design = np.stack((np.ones_like(decay), decay), axis=1)
    solution = np.linalg.lstsq(design, temperature_c, rcond=None)[0]
    residual_c = float(np.std(temperature_c - design @ solution))
    return tau_s, float(solution[0]), residual_c


def _range(values: Floats | None) -> float:
    """Return the spread of the known values, 0 where none is known."""
    known = values[np.isfinite(values)] if values is not None else np.zeros(0)
    return float(known.max() - known.min()) if known.size else 0.0
