"""Power of a server over its utilisation, from what its data sheet says, fitted to SPECpower's servers.

The prior is a ridge on the logarithms of size, clock and memory with their products; each architecture's departure
from it is pooled (shrunk) towards none, so a new architecture gets the prior. Residuals of held-out servers give the
intervals. Power is that of the whole machine at the wall (AC).
"""

from dataclasses import dataclass, replace

import numpy as np

from ecoanalysis.energy.estimate import PowerCurve
from ecoanalysis.models.power_fit import Array, CpuFit, Prior, load_cpu_fit

LEVELS = tuple(level / 100 for level in range(0, 101, 10))
_CLIP = 3.0  # standard deviations: outside, the quadratic would run away


@dataclass(frozen=True, slots=True)
class Server:
    """A machine by its data sheet. The last three describe the box: given together they sharpen the estimate."""

    tdp_w: float  # of one socket
    sockets_count: int
    cores_count: int  # of all sockets
    threads_count: int
    memory_bytes: float
    base_clock_hz: float
    year: float  # of availability
    architecture: str | None = None
    dimms_count: float | None = None
    psu_w: float | None = None  # rated, of all supplies
    blade: bool | None = None

    @property
    def has_box(self) -> bool:
        """Whether the box is described."""
        return None not in (self.dimms_count, self.psu_w, self.blade)


def features(servers: list[Server], box: bool) -> Array:
    """Return the features, one row per server: logarithms of size, clock and memory, the year, and the box's."""
    rows = []
    for one in servers:
        row = [
            np.log(one.tdp_w * one.sockets_count),
            np.log(one.cores_count),
            np.log(one.threads_count),
            np.log(one.memory_bytes / 1e9),
            np.log(one.base_clock_hz / 1e6),
            one.year - 2012,
            np.log(one.sockets_count),
        ]
        if box:
            row += [np.log(one.psu_w or 1.0), np.log(one.dimms_count or 1.0), float(bool(one.blade))]
        rows.append(row)
    return np.array(rows, dtype=float)


def server_curve(server: Server, fit: CpuFit | None = None) -> PowerCurve:
    """Return the wall power [W] of a server over its utilisation, monotone, with a 95 % interval.

    The interval is that of held-out servers of known architectures, or of held-out architectures for one that the fit
    has not seen. `fit` defaults to the one that ships.
    """
    fit = fit or load_cpu_fit()
    prior = fit.box if server.has_box else fit.chip
    known = server.architecture in prior.effects
    log_w = predict(prior, [server])[0]
    low, high = (prior.known_low, prior.known_high) if known else (prior.new_low, prior.new_high)
    tier = f"architecture {server.architecture}" if known else "an architecture that the fit has not seen"
    power = np.maximum.accumulate(np.exp(log_w))
    return PowerCurve(
        util_ratio=LEVELS,
        power_w=tuple(power.tolist()),
        low_w=tuple((power * np.exp(low)).tolist()),
        high_w=tuple((power * np.exp(high)).tolist()),
        method="fitted",
        note=f"wall power of the whole server, {tier}; {fit.source}",
    )


def calibrated_curve(idle_w: float, full_w: float, fit: CpuFit | None = None) -> PowerCurve:
    """Return the power [W] over utilisation of a machine from two readings, idle and fully busy, with a 95 % interval.

    The shape between them depends on their ratio: P = idle + (full − idle)·s(u), s = a(u) + b(u)·idle ÷ full.
    """
    fit = fit or load_cpu_fit()
    shape = np.clip(fit.shape_constant + fit.shape_slope * (idle_w / full_w), 0.0, 1.0)
    power = np.maximum.accumulate(idle_w + (full_w - idle_w) * shape)
    return PowerCurve(
        util_ratio=LEVELS,
        power_w=tuple(power.tolist()),
        low_w=tuple((power * np.exp(fit.shape_low)).tolist()),
        high_w=tuple((power * np.exp(fit.shape_high)).tolist()),
        method="fitted",
        note=f"two readings, {idle_w:g} W idle and {full_w:g} W busy; shape: {fit.source}",
    )


def predict(prior: Prior, servers: list[Server], pooled: bool = True) -> Array:
    """Return the logarithm of wall power [ln W], one row per server, one column per level of `LEVELS`."""
    z = np.clip((features(servers, prior.box) - prior.mean) / prior.sd, -_CLIP, _CLIP)
    log_w: Array = design(z, prior) @ prior.coefficients
    if pooled:
        effect = departure(z)
        for row, one in enumerate(servers):
            if one.architecture in prior.effects:
                log_w[row] += effect[row] @ prior.effects[one.architecture]
    return log_w


def fit_prior(
    servers: list[Server], power_w: Array, box: bool, ridge: float = 3.0, pool: float = 0.1
) -> Prior:
    """Fit the prior and the architectures' departures to wall powers [W], servers × `LEVELS`.

    `ridge` shrinks the products, `pool` the departures; residuals are weighted by the inverse of their size
    (iteratively), so that odd machines do not bend the curve.
    """
    x = features(servers, box)
    mean, sd = x.mean(0), x.std(0) + 1e-9
    empty = np.zeros(len(LEVELS))
    blank = Prior(box, mean, sd, np.zeros(0), np.ones(0), np.zeros((0, 0)), {}, empty, empty, empty, empty)
    z = np.clip((x - mean) / sd, -_CLIP, _CLIP)
    q = quadratic(z)
    prior = replace(blank, quad_mean=q.mean(0), quad_sd=q.std(0) + 1e-9)
    target = np.log(power_w)
    prior = replace(prior, coefficients=_robust_ridge(design(z, prior), target, ridge, free=1))
    rest = target - design(z, prior) @ prior.coefficients
    effects = {}
    names = np.array([one.architecture or "" for one in servers])
    for name in sorted(set(names) - {""}):
        rows = names == name
        effects[str(name)] = _robust_ridge(departure(z[rows]), rest[rows], pool)
    return replace(prior, effects=effects)


def quadratic(z: Array) -> Array:
    """Return the standardised features with their squares and products."""
    first, second = np.triu_indices(z.shape[1])
    return np.hstack([z, z[:, first] * z[:, second]])


def design(z: Array, prior: Prior) -> Array:
    """Return the prior's design matrix: a constant, then the standardised features, squares and products."""
    return np.hstack([np.ones((len(z), 1)), (quadratic(z) - prior.quad_mean) / prior.quad_sd])


def departure(z: Array) -> Array:
    """Return the design of an architecture's departure: an intercept, lightly shrunk, and slopes of the chip."""
    return np.hstack([3.0 * np.ones((len(z), 1)), z[:, :8]])


def fit_shape(power_w: Array, architectures: list[str]) -> tuple[Array, Array]:
    """Return a(u) and b(u) of the shape between two readings, each architecture with the same say.

    Least absolute relative error of power, level by level.
    """
    span = power_w[:, -1:] - power_w[:, :1]
    shape = (power_w - power_w[:, :1]) / span
    d = np.column_stack([np.ones(len(power_w)), power_w[:, 0] / power_w[:, -1]])
    names = np.array(architectures)
    share = np.array([1 / np.sqrt((names == name).sum()) for name in names])
    found = np.zeros((2, len(LEVELS)))
    found[0, -1] = 1.0
    for level in range(1, len(LEVELS) - 1):
        w = span[:, 0] / power_w[:, level] * share
        weight = w.copy()
        for _ in range(30):
            a = (d * weight[:, None]).T
            found[:, level] = np.linalg.solve(a @ d + np.diag([0.0, 0.5]), a @ shape[:, level])
            weight = w**2 / np.maximum(w * np.abs(shape[:, level] - d @ found[:, level]), 0.005)
    return found[0], found[1]


def _robust_ridge(d: Array, y: Array, ridge: float, free: int = 0) -> Array:
    """Return ridge coefficients, rows weighted by the inverse of their residual; the first `free` are not shrunk."""
    penalty = ridge * np.eye(d.shape[1])
    penalty[:free, :free] = 1e-9
    weight = np.ones(len(d))
    found: Array = np.zeros((d.shape[1], y.shape[1]))
    for _ in range(6):
        a = (d * weight[:, None]).T
        found = np.asarray(np.linalg.solve(a @ d + penalty, a @ y), dtype=np.float64)
        weight = 1 / np.maximum(np.sqrt(((y - d @ found) ** 2).mean(1)), 0.05)
        weight /= weight.mean()
    return found
