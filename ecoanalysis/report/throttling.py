"""When the driver held a device's clock down, as stretches of time."""

import numpy as np
import polars as pl

from ecoanalysis.energy.heat_meter import POWER_BITS, THERMAL_BITS
from ecoanalysis.energy.integral import Floats

Stretch = tuple[float, float, str]  # start [s], end [s], cause: heat or power

_SHOWN = 400  # of one device and cause; closer ones are drawn as one where there are more
THROTTLE_COLUMNS = ("throttle_thermal_ns", "throttle_power_ns", "throttle_bits")
_CAUSES = (("heat", "throttle_thermal_ns", THERMAL_BITS), ("power", "throttle_power_ns", POWER_BITS))


def throttled(samples: pl.DataFrame) -> tuple[Stretch, ...]:
    """Return the stretches in which a device was throttled, sorted; times are the run's own [s].

    `samples` are those of one device in one run by time, with `own_s`, `waited` and `THROTTLE_COLUMNS`. A stretch runs
    from the sample before the driver's counter of throttled time grew, or before a reason was set, to the one that
    shows it: between two samples nobody looked. What the first sample after a wait shows, others may have caused.
    Empty where the device tells neither, or never throttled.
    """
    found: list[Stretch] = []
    for cause, counter, mask in _CAUSES:
        grown = pl.col(counter).diff()
        held = pl.when(grown.is_null()).then((pl.col("throttle_bits") & mask) != 0).otherwise(grown > 0)
        spans = samples.select(begin_s=pl.col("own_s").shift(), end_s="own_s", held=held).filter(
            "held", ~samples["waited"], pl.col("begin_s") < pl.col("end_s")
        )
        found += [
            (begin, end, cause)
            for begin, end in merged(spans["begin_s"].to_numpy(), spans["end_s"].to_numpy())
        ]
    return tuple(sorted(found))


def merged(begin_s: Floats, end_s: Floats) -> list[tuple[float, float]]:
    """Return ascending spans joined where they touch; where many are left, those that a drawing cannot part as well."""
    if not begin_s.size:
        return []
    wait_s = begin_s[1:] - np.maximum.accumulate(end_s)[:-1]
    gap_s = 1e-4
    while (parted := np.flatnonzero(wait_s > gap_s)).size >= _SHOWN:
        gap_s *= 4
    first, last = np.append(0, parted + 1), np.append(parted, begin_s.size - 1)
    ends_s = np.maximum.accumulate(end_s)[last]
    return [(round(float(a), 4), round(float(b), 4)) for a, b in zip(begin_s[first], ends_s, strict=True)]
