"""The steps of a series of times: whether it keeps an interval, and what is missing from it."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

_FEWEST = 4  # steps from which an interval can be told
_KEPT, _NEAR, _LONG = (
    0.8,
    0.2,
    1.75,
)  # share of steps near the interval; how near; from where on one is missing
_SAME_S = 1e-4  # nearer readings are two ends of one interval
_LONG_S = 1.5  # intervals that a step of stamps in whole seconds has at the least, where one is missing
_PAUSE, _PAUSE_S = 60.0, 60.0  # intervals, and seconds, from which on nothing was recorded, and no line lost
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Gaps:
    """What is missing from a series of one reading each `interval_s`: single readings, and pauses [s]."""

    lost_count: int
    interval_s: float
    paused_s: tuple[float, ...] = ()

    def doubts(self) -> Iterator[tuple[str, str, str]]:
        """Yield the code, text and hint of a note on each kind of gap."""
        if self.lost_count:
            text = f"{self.lost_count} readings are missing from a series of one each {self.interval_s:.3g} s"
            yield "missing_readings", text, "the log lost lines, or the tool stalled"
        if self.paused_s:
            yield "paused", paused_text(self.paused_s), pause_hint(self.paused_s, self.interval_s)


def paused_text(paused_s: tuple[float, ...]) -> str:
    """Return the sentence on pauses."""
    return f"nothing was recorded for {max(paused_s):.0f} s" + (
        f", and {len(paused_s) - 1} times more, {sum(paused_s):.0f} s together" if len(paused_s) > 1 else ""
    )


def pause_hint(paused_s: tuple[float, ...], interval_s: float) -> str:
    """Return what pauses may come from; a single one of an hour may be the step to daylight saving time."""
    if len(paused_s) == 1 and abs(paused_s[0] - _HOUR_S - interval_s) <= interval_s:
        return "an hour: if the clock was put forward to daylight saving time, no time is missing"
    return "the machine slept, or a log was continued: its energy in between is not known"


def missing(times_s: pl.Series) -> Gaps | None:
    """Return what is missing from a series that keeps an interval.

    None for a series that keeps no interval, or misses none. Adaptive recordings keep none. Stamps in whole seconds
    skip one now and then where a tool waits a little longer than its interval: a step counts from a second more on.
    """
    times = times_s.drop_nulls().cast(pl.Float64).sort()
    steps = times.diff().drop_nulls()
    steps = steps.filter(steps > _SAME_S)
    interval = steps.median()
    if steps.len() < _FEWEST or not isinstance(interval, float) or interval <= 0:
        return None
    if int((steps / interval - 1).abs().le(_NEAR).sum()) < _KEPT * steps.len():
        return None
    rounded_s = 1.0 if (times == times.round()).all() else 0.0
    long = steps.filter((steps >= _LONG * interval) & (steps - rounded_s >= _LONG_S * interval))
    is_pause = (long > _PAUSE * interval) & (long > _PAUSE_S)
    lost = int(((long.filter(~is_pause) / interval).round() - 1).sum())
    paused = tuple(long.filter(is_pause).to_list())
    return Gaps(lost, interval, paused) if lost or paused else None
