"""What the hour of the day does to carbon: the same runs at their own time, on average, and at the best hour."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import polars as pl

from ecoanalysis.records import Finding, Panel
from ecoanalysis.studies.frame import widest
from ecoanalysis.studies.words import counted, figure, listed, verb

_NS_PER_HOUR = 3600 * 10**9


def hour_findings(profile: pl.DataFrame, frame: pl.DataFrame) -> Iterator[Finding]:
    """Yield the swing of each region over the day, the runs at their own hours, and rank reversals by hour.

    `profile` has the columns of `impact.hours.HOURS`.
    """
    yield from _swings(profile)
    yield from _own_times(profile, frame)
    yield from _reversals(profile)


def hour_panel(profile: pl.DataFrame) -> Panel:
    """Return carbon intensity over the day, one line per region."""
    return Panel(
        "hour_profile",
        "Carbon intensity over the day",
        "One line per region, mean over the days of the file; the band is the range over days. Hours are UTC.",
        profile,
        {"x": "hour", "y": "co2_g_per_kwh"},
    )


def _swings(profile: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per region, the dirtiest hour over the cleanest."""
    for (region,), part in profile.group_by("region", maintain_order=True):
        ordered = part.sort("co2_g_per_kwh", "hour")
        best, worst = ordered.row(0, named=True), ordered.row(-1, named=True)
        ratio = worst["co2_g_per_kwh"] / best["co2_g_per_kwh"] if best["co2_g_per_kwh"] else None
        times = "" if ratio is None else f", {figure(ratio)} times as much"
        yield Finding(
            name=f"hours of {region}",
            estimand="carbon intensity of the dirtiest hour of the day over the cleanest (mean over days)",
            sentence=(
                f"In {region} a kWh emits {best['co2_g_per_kwh']:.0f} g at {best['hour']} h and "
                f"{worst['co2_g_per_kwh']:.0f} g at {worst['hour']} h UTC{times}."
            ),
            estimate=ratio,
            low=None,
            high=None,
            unit="ratio",
            n=int(part["days"].to_numpy().sum()),
            method="mean over the days of the file, by hour of the day",
            groups={"region": str(region), "best_hour": str(best["hour"]), "worst_hour": str(worst["hour"])},
            basis="assumed",
        )


def timed_energy(frame: pl.DataFrame) -> pl.DataFrame:
    """Return id, hour of the middle of the run (UTC) and energy_j, of runs that know time and energy; each once."""
    energy = pl.coalesce("energy_j", pl.col("energy_per_item_j") * pl.col("items_count"))
    middle = pl.col("started_utc_ns") + (pl.col("duration_s").fill_null(0.0) * 5e8).cast(pl.Int64)
    return widest(frame).select("id", hour=(middle // _NS_PER_HOUR) % 24, energy_j=energy).drop_nulls()


def _own_times(profile: pl.DataFrame, frame: pl.DataFrame) -> Iterator[Finding]:
    """Yield, per region, the carbon of the runs at their own hours over that at the average of the day."""
    timed = timed_energy(frame)
    if timed.is_empty():
        return
    total = float(timed["energy_j"].to_numpy().sum())
    for (region,), part in profile.group_by("region", maintain_order=True):
        joined = timed.join(part.select("hour", "co2_g_per_kwh", "low", "high"), on="hour", how="left")
        own, low, high = (
            float((joined["energy_j"] * joined[column]).to_numpy().sum()) / total
            for column in ("co2_g_per_kwh", "low", "high")
        )
        several_days = bool((part["days"] > 1).any())
        average = float(part["co2_g_per_kwh"].to_numpy().mean())
        best = part.sort("co2_g_per_kwh", "hour").row(0, named=True)
        yield Finding(
            name=f"own hours in {region}",
            estimand="carbon of the runs at their own hours over that at the average intensity of the day",
            sentence=(
                f"Under the hours of {region}, the {counted(timed.height, 'measurement')} that know their time emit "
                f"{figure(own / average)} times what the daily average says ({own:.0f} against {average:.0f} g/kWh); "
                f"all at {best['hour']} h they would emit {figure(best['co2_g_per_kwh'] / average)} times it."
            ),
            estimate=own / average,
            low=low / average if several_days else None,
            high=high / average if several_days else None,
            unit="ratio",
            n=timed.height,
            method="energy-weighted mean intensity at the hour of the middle of each run, UTC; bounds: the cleanest "
            "and the dirtiest day of every hour",
            groups={"region": str(region), "without_time": str(frame.height - timed.height)},
            basis="assumed",
            exclusions={"time or energy of the run unknown": frame.height - timed.height},
            measurement_ids=tuple(sorted(timed["id"].to_list())),
        )


def hours_reversed(first: pl.DataFrame, second: pl.DataFrame) -> list[int]:
    """Return the hours in which the region that is cleaner on the daily average is the dirtier one."""
    difference = (
        first.sort("hour")["co2_g_per_kwh"].to_numpy() - second.sort("hour")["co2_g_per_kwh"].to_numpy()
    )
    return [
        int(hour)
        for hour in np.flatnonzero(np.sign(difference) == -np.sign(difference.mean()))
        if difference.mean()
    ]


def _reversals(profile: pl.DataFrame) -> Iterator[Finding]:
    """Yield how many pairs of regions change their order in some hour, with the pairs."""
    parts = {str(region): part for (region,), part in profile.group_by("region", maintain_order=True)}
    if len(parts) < 2:
        return
    pairs = {
        (one, other): hours
        for (one, first), (other, second) in combinations(parts.items(), 2)
        if (hours := hours_reversed(first, second))
    }
    count = len(parts) * (len(parts) - 1) // 2
    said = [f"{one} and {other} ({_spans(hours)} h)" for (one, other), hours in pairs.items()]
    yield Finding(
        name="rank reversals by hour",
        estimand="share of pairs of regions whose order by carbon changes in some hour of the day",
        sentence=(
            f"Of {counted(count, 'pair')} of regions, {len(pairs)} "
            f"{verb(len(pairs), 'changes its', 'change their')} order by carbon in some hour"
            + (f": {listed(said)}." if said else ".")
        ),
        estimate=len(pairs) / count,
        low=None,
        high=None,
        unit="ratio",
        n=count,
        method="sign of the difference by hour against that of the daily means",
        groups={f"{one}|{other}": ",".join(map(str, hours)) for (one, other), hours in pairs.items()},
        basis="assumed",
    )


def _spans(hours: list[int]) -> str:
    """Return hours as spans: 9–11, 17."""
    spans: list[list[int]] = []
    for hour in hours:
        if spans and hour == spans[-1][-1] + 1:
            spans[-1].append(hour)
        else:
            spans.append([hour])
    return ", ".join(f"{span[0]}–{span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)
