"""The load above which a device with more fixed power and less marginal energy is the cheaper one."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.line import Line
from ecoanalysis.studies.load_line import line_of
from ecoanalysis.studies.words import at, listed, short, verb

_WORKLOAD = ("dataset", "base_model", "task", "boundary", "idle_treatment", "precision", "item_unit")


def break_even_findings(lines: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per workload, the rate at which the power lines of its two extreme devices meet.

    From P = F + m·r (columns of `load_line.LOAD_LINE`): the device with the least F and the one with the least m
    draw equal power at r = (F₂ - F₁) / (m₁ - m₂). Where one device has both, it wins at every load.
    """
    for key, part in lines.group_by(_WORKLOAD, maintain_order=True):
        if part.select("device", "devices_count").n_unique() < 2:
            continue
        small = part.sort("fixed_power_w", "device").row(0, named=True)
        large = part.sort("marginal_j", "device").row(0, named=True)
        where = dict(zip(_WORKLOAD, map(str, key), strict=True))
        rate = break_even(line_of(small), line_of(large))
        low, high = (None, None) if rate is None else break_even_bounds(line_of(small), line_of(large), rate)
        yield Finding(
            name=(
                f"break-even load: {short(where['base_model'])}, {where['task']}, {where['precision']} "
                f"[{where['dataset']}]"
            ),
            estimand="rate at which two devices draw equal power",
            sentence=(
                f"For {short(where['base_model'])}{at(where['precision'])}, "
                f"{_says(small, large, rate, where['item_unit'])}{_open(low, high, rate)}{_beyond(small, large, rate)}."
            ),
            estimate=rate,
            low=low,
            high=high,
            unit=f"{where['item_unit']}/s",
            n=part.height,
            method=(
                "intersection of the power lines of the devices with least fixed and least marginal power; interval "
                "from the scatter around both lines"
            ),
            groups={**where, "small": small["device"], "large": large["device"]},
            basis="derived",
            measurement_ids=tuple(sorted({*small["ids"], *large["ids"]})),
        )


def _says(small: dict[str, Any], large: dict[str, Any], rate: float | None, unit: str) -> str:
    """Return in words which device is the cheaper one above which rate."""
    if rate is None:
        return f"{_device(small)} is the cheaper one at every load that it can serve"
    lines = " against ".join(
        f"{row['fixed_power_w']:.3g} W + {row['marginal_j']:.3g} J" for row in (small, large)
    )
    return f"{_device(large)} is cheaper than {_device(small)} above {rate:.3g} {unit}s a second ({lines} per {unit})"


def _device(row: dict[str, Any]) -> str:
    """Return a device with its count, where it has company."""
    count = row["devices_count"] or 1
    return f"{count} × {row['device']}" if count > 1 else str(row["device"])


def _open(low: float | None, high: float | None, rate: float | None) -> str:
    """Return in words how well the rate is known."""
    if rate is None:
        return ""
    if low is None or high is None:
        return "; the load levels do not bound that rate"
    return f"; the scatter of the load levels allows {low:.3g} to {high:.3g}"


def _beyond(small: dict[str, Any], large: dict[str, Any], rate: float | None) -> str:
    """Return in words which of the two was never measured at such a rate."""
    if rate is None:
        return ""
    beyond = [_device(row) for row in (small, large) if row["highest_rate"] < rate]
    return (
        f"; {listed(beyond)} {verb(len(beyond), 'was', 'were')} not measured at such a rate" if beyond else ""
    )


def break_even(small: Line, large: Line) -> float | None:
    """Return the rate [1/s] above which `large` draws less than `small`; None for never.

    >>> break_even(Line(10.0, 2.0, None, 2), Line(100.0, 0.5, None, 2))
    60.0
    """
    fixed, marginal = large.fixed_power_w - small.fixed_power_w, small.marginal_j - large.marginal_j
    return fixed / marginal if fixed > 0 and marginal > 0 else None


def break_even_bounds(small: Line, large: Line, rate: float) -> tuple[float | None, float | None]:
    """Return the rates [1/s] around `rate` between which Welch's test at 5 % cannot tell the two powers apart.

    That is Fieller's interval of the ratio of the two differences (1954, doi:10.1111/j.2517-6161.1954.tb00159.x).
    (None, None) where a line has two points only, or where the interval has no upper end.
    """
    from scipy.optimize import brentq

    def apart(r: float) -> float:
        return _told_apart(small, large, r)

    top = 1e6 * rate
    if small.covariance is None or large.covariance is None or apart(top) <= 0:
        return None, None
    low = brentq(apart, 0.0, rate) if apart(0.0) > 0 else 0.0
    return float(low), float(brentq(apart, rate, top))


def _told_apart(small: Line, large: Line, rate: float) -> float:
    """Return by how many W² the squared difference of two powers exceeds what Welch's test needs; < 0 for a tie."""
    from scipy import stats

    variances = [line.variance(rate) for line in (small, large)]
    total = sum(variances)
    freedom = [v**2 / (line.n - 2) for v, line in zip(variances, (small, large), strict=True)]
    needed = float(stats.t.ppf(0.975, total**2 / sum(freedom))) ** 2 * total if total else 0.0
    return (large.power(rate) - small.power(rate)) ** 2 - needed
