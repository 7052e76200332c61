"""Watts that the device cannot draw, and energies that are not power times time."""

from collections.abc import Iterator
from statistics import fmean, median, pstdev

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.identity.devices import DeviceSpec
from ecoanalysis.importers.checks.facts import Facts

_ABOVE = 1.6  # short-term limits and module power stay below this multiple of the rated power
# Of a processor without a stated short-term limit: Intel rates the i7-1255U at 15 W and lets it draw 55.
_TURBO = 4.5
BELOW = 0.01  # no idle board draws less than this share
_SLIP = 50.0  # from here on a unit slip (10³, 3.6) is likelier than a wrong device
_MISMATCH = 0.05
MOST_W = {
    "board": 5e3,
    "package": 2e3,
    "dram": 2e3,
    "module": 5e3,
    "platform": 2e4,
    "node": 2e4,
    "wall": 2e6,
}  # of one device, of any
# Nothing that runs draws less; on-chip models of an idle phone chip say a few milliwatts.
_LEAST_W = {"board": 1e-3, "package": 1e-3, "module": 1e-3, "dram": 1e-4, "node": 0.1, "wall": 0.1}
_MANY = 20  # results of one package
_ALIKE = 0.05  # spread of their middle half
_CAPPED = 0.9  # share of its rating
_OUTLYING, _FEW_POWERS = 300.0, 4  # a board's idle and full power are at most about a hundred apart
METERED = ("board", "package", "module")


def implausible_watts(facts: Facts) -> Iterator[Note]:
    """Find results whose power is far above the rated power of their devices, or next to nothing."""
    rated = pl.max_horizontal("tdp_w", "max_w") * pl.col("devices_count")
    power = pl.coalesce("mean_power_w", pl.col("energy_per_item_j") * pl.col("throughput_items_per_s"))
    rows = facts.results.filter(pl.col("boundary").is_in(METERED)).with_columns(
        share=power / rated, power=power, rated=rated
    )
    turbo = (pl.col("boundary") == "package") & pl.col("max_w").is_null()
    most = pl.when(turbo).then(_TURBO).otherwise(_ABOVE)
    for row in rows.filter((pl.col("share") > most) | (pl.col("share") < BELOW)).iter_rows(named=True):
        yield Note(
            "check_implausible_watts",
            f"{row['power']:.4g} W on {row['devices_count']} × {row['device']}, rated {row['rated']:.4g} W"
            + slip_text(row["share"]),
            "error", "check the unit of the source's power column",
            result_id=row["result_id"], source_id=row["source_id"],
        )  # fmt: skip


def beyond_any_device(facts: Facts) -> Iterator[Note]:
    """Find powers that no device of the kind draws, whatever its name: a unit slip, or a damaged number."""
    most = pl.col("boundary").replace_strict(MOST_W, default=None, return_dtype=pl.Float64)
    power = pl.coalesce("mean_power_w", pl.col("energy_per_item_j") * pl.col("throughput_items_per_s"))
    several = pl.col("boundary").is_in(METERED)  # a node of eight boards is one node
    count = pl.when(several).then(pl.max_horizontal("devices_count", pl.lit(1))).otherwise(1)
    rows = facts.results.with_columns(power=power, limit=most * count).filter(
        pl.col("power") > pl.col("limit")
    )
    for row in rows.iter_rows(named=True):
        yield Note(
            "check_beyond_any_device",
            f"{row['power']:.4g} W at the {row['boundary']}: none draws over {row['limit']:.4g} W",
            "error", "check the units of energy, power and duration",
            result_id=row["result_id"], source_id=row["source_id"],
        )  # fmt: skip


def below_any_device(facts: Facts) -> Iterator[Note]:
    """Find powers that nothing of the kind draws while it runs: a unit slip, or a model that missed the load."""
    least = pl.col("boundary").replace_strict(_LEAST_W, default=None, return_dtype=pl.Float64)
    rows = facts.results.with_columns(limit=least).filter(
        (pl.col("mean_power_w") > 0) & (pl.col("mean_power_w") < pl.col("limit"))
    )
    for (source, boundary), found in rows.group_by("source_id", "boundary", maintain_order=True):
        lowest = float(found["mean_power_w"].min())  # type: ignore[arg-type]
        yield Note(
            "check_below_any_device",
            f"{found.height} powers of {lowest:.3g} W and more at the {boundary}: nothing that "
            f"runs draws less than {found['limit'][0]:g} W",
            "warning", "check the units; a tool's model of the load may have missed it", source_id=int(str(source)),
        )  # fmt: skip


def slip_text(share: float) -> str:
    """Return what a share of the rated power this large or small looks like, nothing for another."""
    slip = share > _SLIP or share < 1 / 1000
    return ": looks like a unit slip (mW, kW, J against kWh)" if slip else ""


def rated_w(spec: DeviceSpec | None) -> float | None:
    """Return the most that a data sheet lets a device draw for long [W], None where it says nothing."""
    stated = [watts for watts in (spec.tdp_w, spec.max_w) if watts] if spec else []
    return max(stated, default=None)


def most_w(spec: DeviceSpec | None, boundary: str) -> float | None:
    """Return the most that a device can draw on average [W], None where its data sheet says nothing."""
    rated = rated_w(spec)
    turbo = spec is not None and boundary == "package" and spec.max_w is None
    return None if rated is None else rated * (_TURBO if turbo else _ABOVE)


def energy_not_power_times_time(facts: Facts) -> Iterator[Note]:
    """Find results whose energy, power and rate are all stated and do not agree; say which look net of idle."""
    energy, power, rate = (
        pl.col(name) for name in ("energy_per_item_j", "mean_power_w", "throughput_items_per_s")
    )
    stated = facts.results.filter((energy > 0) & (power > 0) & (rate > 0))
    off = stated.with_columns(ratio=energy * rate / power, missing_w=power - energy * rate)
    off = off.filter((pl.col("ratio") - 1).abs() > _MISMATCH)
    for (source, device), rows in off.group_by("source_id", "device", maintain_order=True):
        missing = rows["missing_w"].to_list()
        mean, spread = fmean(missing), pstdev(missing)
        if rows.height >= 3 and mean > 0 and spread < 0.25 * mean:
            yield Note(
                "check_idle_subtracted",
                f"{device}: {rows.height} energies are net of about {mean:.3g} W, while the power is gross",
                "warning", "do not compare them with gross energies", source_id=int(str(source)),
            )  # fmt: skip
        else:
            off_by = median(rows["ratio"].to_list()) - 1
            yield Note(
                "check_energy_not_power_times_time",
                f"{device}: {rows.height} energies differ from power / throughput by {off_by:+.0%} (median)",
                "warning", "one of the three columns is in another unit or of another part",
                source_id=int(str(source)),
            )  # fmt: skip


def constant_cpu_power(facts: Facts) -> Iterator[Note]:
    """Find packages whose power hardly moves, whatever ran: a constant of the tool, not a reading.

    Where a counter was read, alike powers are the work's: one busy core that feeds a GPU. Where a source states no
    package, its estimated node is looked at: CodeCarbon 1 writes the sum only.
    """
    rows = facts.results.filter(pl.col("mean_power_w") > 0)
    packages = rows.filter(pl.col("boundary") == "package")
    nodes = rows.filter((pl.col("boundary") == "node") & (pl.col("basis") == "estimated"))
    cpus = pl.concat([packages, nodes.join(packages, on="source_id", how="anti", maintain_order="left")])
    for (source, device), rows in cpus.group_by("source_id", "device", maintain_order=True):
        power = rows["mean_power_w"]
        low, middle, high = (power.quantile(share) or 0.0 for share in (0.0, 0.5, 1.0))
        if rows["duration_s"].n_unique() >= 3 and high - low <= 1e-3 * high:
            found = f"{low:.4g} W in all {rows.height} results: a constant of the tool, not a reading"
        elif _hardly_moves(rows.filter(pl.col("sensor").ne_missing("rapl"))):
            found = f"{middle:.4g} W within {_ALIKE:.0%} in half of {rows.height} results of any length: more likely a "
            found += "constant of the tool than a reading"
        else:
            continue
        yield Note(
            "check_constant_cpu_power", f"{device}: {found}",
            "warning", "do not count it as measured", source_id=int(str(source)),
        )  # fmt: skip


def _hardly_moves(rows: pl.DataFrame) -> bool:
    """Say whether half of a package's powers are alike although the work is not: lengths differ threefold.

    Energies that cover more time than the durations beside them spread a constant upwards. A package near its
    rated power may be held there by its limit.
    """
    if rows.height < _MANY:
        return False
    power, length = rows["mean_power_w"], rows["duration_s"].drop_nulls()
    low, middle, high = (power.quantile(share) or 0.0 for share in (0.25, 0.5, 0.75))
    short, long = (length.quantile(share) or 0.0 for share in (0.25, 0.75))
    rated = rows["tdp_w"][0]
    capped = rated is not None and middle > _CAPPED * rated
    return high - low <= _ALIKE * middle and long >= 3 * short > 0 and not capped


def no_energy(facts: Facts) -> Iterator[Note]:
    """Find sources with results that state neither an energy nor a power nor CO2: a cell that was lost."""
    stated = ("energy_j", "energy_per_item_j", "mean_power_w", "co2_g_reported")
    bare = facts.results.filter(pl.all_horizontal(pl.col(name).is_null() for name in stated))
    for (source,), rows in bare.group_by("source_id", maintain_order=True):
        yield Note(
            "check_no_energy", f"{rows.height} results state no energy, no power and no CO2", "warning",
            "look at the rows that the notes of the import name", source_id=int(str(source)),
        )  # fmt: skip


def power_outliers(facts: Facts) -> Iterator[Note]:
    """Find results whose power is hundreds of times that of the others of their device: none idles that low."""
    power = pl.coalesce("mean_power_w", pl.col("energy_j") / pl.col("duration_s"))
    stated = facts.results.with_columns(power=power).filter(
        (pl.col("power") > 0) & pl.col("power").is_finite()
    )
    middle = pl.col("power").median().over("source_id", "device_id", "boundary")
    count = pl.len().over("source_id", "device_id", "boundary")
    off = stated.with_columns(middle=middle, count=count).filter(pl.col("count") >= _FEW_POWERS)
    ratio = pl.col("power") / pl.col("middle")
    for row in off.filter((ratio > _OUTLYING) | (ratio < 1 / _OUTLYING)).iter_rows(named=True):
        yield Note(
            "check_power_outlier",
            f"{row['device']}: {row['power']:.4g} W beside a median of {row['middle']:.4g} W in {row['count']} results",
            "warning", "a number in another unit, or a damaged one: check energy and duration of the row",
            result_id=row["result_id"], source_id=row["source_id"],
        )  # fmt: skip


_SIZES = ("duration_s", "mean_power_w", "throughput_items_per_s", "items_count", "latency_s")


def below_zero(facts: Facts) -> Iterator[Note]:
    """Find durations, powers, rates and counts below zero."""
    for name in _SIZES:
        for row in facts.results.filter(pl.col(name) < 0).iter_rows(named=True):
            yield Note(
                "check_below_zero", f"{name} is {row[name]:.4g}", "error", "a damaged number, or a clock that was set",
                result_id=row["result_id"], source_id=row["source_id"],
            )  # fmt: skip


def zero_beside_energy(facts: Facts) -> Iterator[Note]:
    """Find sources with durations or mean powers of 0 beside an energy: rounded away, or not measured."""
    spent = facts.results.filter(pl.coalesce("energy_j", "energy_per_item_j") > 0)
    for name in ("duration_s", "mean_power_w"):
        for (source,), rows in spent.filter(pl.col(name) == 0).group_by("source_id", maintain_order=True):
            yield Note(
                "check_not_positive", f"{name} is 0 in {rows.height} results that took an energy", "warning",
                "not measured, or rounded away: leave the cell empty", source_id=int(str(source)),
            )  # fmt: skip


def not_positive(facts: Facts) -> Iterator[Note]:
    """Find energies of zero or less: nothing that runs takes none."""
    bad = facts.results.filter((pl.col("energy_j") <= 0) | (pl.col("energy_per_item_j") <= 0))
    for row in bad.iter_rows(named=True):
        value = row["energy_j"] if row["energy_j"] is not None else row["energy_per_item_j"]
        yield Note(
            "check_not_positive",
            f"energy of {value:g} J",
            "error",
            "a counter wrap, or a sensor that could not be read",
            result_id=row["result_id"],
            source_id=row["source_id"],
        )
