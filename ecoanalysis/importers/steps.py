"""The steps of a series of times: whether it keeps an interval, and how many readings are missing from it."""

import polars as pl

_FEWEST = 4  # steps from which an interval can be told
_KEPT, _NEAR, _LONG = (
    0.8,
    0.2,
    1.75,
)  # share of steps near the interval; how near; from where on one is missing
_SAME_S = 1e-4  # nearer readings are two ends of one interval


def missing(times_s: pl.Series) -> tuple[int, float] | None:
    """Return how many readings are missing from a series that keeps an interval, and that interval [s].

    None for a series that keeps no interval, or misses none. Adaptive recordings keep none.
    """
    steps = times_s.drop_nulls().sort().diff().drop_nulls()
    steps = steps.filter(steps > _SAME_S)
    return missing_from(steps)


def missing_from(steps: pl.Series) -> tuple[int, float] | None:
    """Return what `missing` returns, from the steps themselves, in whatever unit they are."""
    interval = steps.median()
    if steps.len() < _FEWEST or not isinstance(interval, float) or interval <= 0:
        return None
    shares = steps / interval
    if int((shares - 1).abs().le(_NEAR).sum()) < _KEPT * steps.len():
        return None
    lost = int((shares.filter(shares >= _LONG).round() - 1).sum())
    return (lost, interval) if lost else None
