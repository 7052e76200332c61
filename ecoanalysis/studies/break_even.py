"""The load above which a device with more fixed power and less marginal energy is the cheaper one."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.words import at, short

_WORKLOAD = ("dataset", "base_model", "task", "boundary", "idle_treatment", "precision", "item_unit")


def break_even_findings(lines: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per workload, the rate at which the power lines of its two extreme devices meet.

    From P = F + m·r (columns of `load_line.LOAD_LINE`): the device with the least F and the one with the least m
    draw equal power at r = (F₂ - F₁) / (m₁ - m₂). Where one device has both, it wins at every load.
    """
    for key, part in lines.group_by(_WORKLOAD, maintain_order=True):
        if part["device"].n_unique() < 2:
            continue
        small = part.sort("fixed_power_w", "device").row(0, named=True)
        large = part.sort("marginal_j", "device").row(0, named=True)
        where = dict(zip(_WORKLOAD, map(str, key), strict=True))
        rate = break_even(
            (small["fixed_power_w"], small["marginal_j"]), (large["fixed_power_w"], large["marginal_j"])
        )
        yield Finding(
            name=(
                f"break-even load: {short(where['base_model'])}, {where['task']}, {where['precision']} "
                f"[{where['dataset']}]"
            ),
            estimand="rate at which two devices draw equal power",
            sentence=(
                f"For {short(where['base_model'])}{at(where['precision'])}, "
                f"{_says(small, large, rate, where['item_unit'])}; whether a device can serve that rate is not part of "
                "this."
            ),
            estimate=rate,
            low=None,
            high=None,
            unit=f"{where['item_unit']}/s",
            n=part.height,
            method="intersection of the power lines of the devices with least fixed and least marginal power",
            groups={**where, "small": small["device"], "large": large["device"]},
            basis="derived",
            measurement_ids=tuple(sorted({*small["ids"], *large["ids"]})),
        )


def _says(small: dict[str, Any], large: dict[str, Any], rate: float | None, unit: str) -> str:
    """Return in words which device is the cheaper one above which rate."""
    if rate is None:
        return f"{small['device']} is the cheaper one at every load that it can serve"
    lines = " against ".join(
        f"{row['fixed_power_w']:.3g} W + {row['marginal_j']:.3g} J" for row in (small, large)
    )
    return f"{large['device']} is cheaper than {small['device']} above {rate:.3g} {unit}s a second ({lines} per {unit})"


def break_even(small: tuple[float, float], large: tuple[float, float]) -> float | None:
    """Return the rate [1/s] above which `large` (fixed W, marginal J) draws less than `small`; None for never.

    >>> break_even((10.0, 2.0), (100.0, 0.5))
    60.0
    """
    fixed, marginal = large[0] - small[0], small[1] - large[1]
    return fixed / marginal if fixed > 0 and marginal > 0 else None
