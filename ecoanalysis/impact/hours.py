"""Carbon intensity by hour of the day, from a file of the user's."""

from pathlib import Path

import polars as pl

from ecoanalysis.errors import EcoError

HOURS: dict[str, type[pl.DataType]] = {
    "region": pl.String,
    "hour": pl.Int64,
    "co2_g_per_kwh": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "days": pl.Int64,
}
_TIME = ("time", "datetime", "timestamp", "datetime (utc)", "date")
_REGION = ("region", "zone", "zone id", "zone_id", "country")
_HINT = "columns: hour (0 to 23) or time, then one of g/kWh per region; or region and co2_g_per_kwh"


def read_hours(path: Path) -> pl.DataFrame:
    """Return the mean intensity of each region and hour of the day (columns of `HOURS`), with its range over days.

    The CSV has `hour` (0 to 23, UTC) or a time (ISO 8601, UTC where it names no zone), and either `region` and
    `co2_g_per_kwh` (or a column that begins with "carbon intensity"; life-cycle before direct), or one column of
    g/kWh per region. Without a region the file is the place itself: "here". Raises `EcoError` for a file that is
    not that, or that lacks hours.
    """
    try:
        raw = pl.read_csv(path, infer_schema_length=None, null_values=["", "NA", "-"])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise EcoError(f"{path}: cannot be read as CSV ({error})", _HINT) from error
    frame = raw.rename({name: name.strip().lower() for name in raw.columns})
    long = _long(frame.with_columns(_hour(frame, path)), path).filter(pl.col("co2_g_per_kwh").is_not_null())
    if long.is_empty() or not long["hour"].is_between(0, 23).all() or (long["co2_g_per_kwh"] < 0).any():
        raise EcoError(f"{path}: hours must be 0 to 23 and intensities 0 g/kWh or more", _HINT)
    profile = long.group_by("region", "hour").agg(
        pl.col("co2_g_per_kwh").mean(),
        low=pl.col("co2_g_per_kwh").min(),
        high=pl.col("co2_g_per_kwh").max(),
        days=pl.len(),
    )
    short = profile.group_by("region").len().filter(pl.col("len") < 24)["region"].sort().to_list()
    if short:
        raise EcoError(f"{path}: {', '.join(short[:3])} lacks hours of the day", "give all 24 hours")
    return profile.select(pl.col(name).cast(dtype) for name, dtype in HOURS.items()).sort("region", "hour")


def _hour(frame: pl.DataFrame, path: Path) -> pl.Series:
    """Return the hour of the day of each row, in UTC."""
    if "hour" in frame.columns and frame["hour"].dtype.is_integer():
        return frame["hour"]
    name = next((name for name in _TIME if name in frame.columns), None)
    if name is None:
        raise EcoError(f"{path}: neither an hour nor a time", _HINT)
    text = frame[name].cast(pl.String).str.strip_chars()
    zoned = text.str.replace(r"Z$", "+00:00").str.replace(r"^([^+]{10,19})$", "$1+00:00")
    times = zoned.str.to_datetime("%Y-%m-%d %H:%M:%S%:z", strict=False, time_zone="UTC")
    for form in ("%Y-%m-%dT%H:%M:%S%:z", "%Y-%m-%d %H:%M%:z", "%Y-%m-%dT%H:%M%:z"):
        times = times.fill_null(zoned.str.to_datetime(form, strict=False, time_zone="UTC"))
    if times.null_count():
        raise EcoError(
            f"{path}: {name} has a time that cannot be read: {text.filter(times.is_null())[0]!r}",
            "write 2025-06-01 14:00 or 2025-06-01T14:00:00+02:00",
        )
    return times.dt.hour().cast(pl.Int64).alias("hour")


def _long(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """Return region, hour, co2_g_per_kwh of each row."""
    region = next((name for name in _REGION if name in frame.columns), None)
    found = [
        name for name in frame.columns if name.startswith(("co2_g_per_kwh", "carbon intensity", "g/kwh"))
    ]
    value = next(
        (name for name in found if "lca" in name or "life cycle" in name), found[0] if found else None
    )
    if value:
        place = pl.col(region).cast(pl.String) if region else pl.lit("here")
        return frame.select(
            region=place, hour="hour", co2_g_per_kwh=pl.col(value).cast(pl.Float64, strict=False)
        )
    wide = [
        name
        for name in frame.columns
        if name not in ("hour", *_TIME, *_REGION) and frame[name].dtype.is_numeric()
    ]
    if not wide:
        raise EcoError(f"{path}: no column of g/kWh", _HINT)
    return frame.unpivot(wide, index="hour", variable_name="region", value_name="co2_g_per_kwh").with_columns(
        pl.col("region").str.to_uppercase(), pl.col("co2_g_per_kwh").cast(pl.Float64)
    )
