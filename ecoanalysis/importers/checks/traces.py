"""Series that cannot be or mislead: powers that the device cannot draw, powers below zero, boards that idle along."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.identity.devices import all_devices, find_device
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.importers.checks.power import BELOW, METERED, MOST_W, most_w, rated_w, slip_text

_IDLE_RATIO, _BUSY_RATIO = 0.02, 0.2  # mean utilisation of a board
_LOAD_MOVES_RATIO = 0.2
_FEW_READINGS, _SOME_READINGS = 3, 20
_SPIKE, _SPIKE_W = 20, 1000  # times the median, and at least
_LOG_UNIT = "check the unit of the log's power column"


def _note(row: dict[str, Any], code: str, text: str, severity: str, hint: str) -> Note:
    """Return a finding on a series."""
    ids = {name: row[name] for name in ("run_id", "device_id", "source_id")}
    return Note(code, f"{row['device']}: {text}", severity, hint, **ids)


def repeated_times(facts: Facts) -> Iterator[Note]:
    """Find series with several readings at one time: lines twice, or devices that the log does not tell apart."""
    twice = pl.col("samples_count") - pl.col("times_count")
    for row in facts.series.with_columns(twice=twice).filter(twice > 0).iter_rows(named=True):
        text = f"{row['twice']} of {row['samples_count']} readings bear a time that another bears"
        yield _note(
            row, "check_repeated_times", text, "warning", "lines twice, or several devices read as one"
        )


def spikes(facts: Facts) -> Iterator[Note]:
    """Find series with a reading over twenty times their median and over a kilowatt: a counter that was set back."""
    peak = pl.col("peak_w")
    found = facts.series.filter(
        (pl.col("readings_count") >= _FEW_READINGS) & (peak > _SPIKE * pl.col("middle_w")) & (peak > _SPIKE_W)
    )
    for row in found.iter_rows(named=True):
        text = f"one reading of {row['peak_w']:.4g} W in a series with a median of {row['middle_w']:.4g} W"
        hint = "a counter that started anew, or a damaged line: take it out and import again"
        yield _note(row, "check_spike", text, "error", hint)


def constant_readings(facts: Facts) -> Iterator[Note]:
    """Find processors whose power never moves while the utilisation does."""
    cpus = facts.series.filter((pl.col("kind") == "cpu") & (pl.col("readings_count") > 0))
    for row in cpus.iter_rows(named=True):
        still = row["readings_count"] >= _SOME_READINGS and row["peak_w"] == row["least_w"]
        if still and (row["util_span_ratio"] or 0.0) > _LOAD_MOVES_RATIO:
            text = f"{row['peak_w']:g} W in all {row['readings_count']} samples while the load moves: not a reading"
            yield _note(row, "check_constant_cpu_power", text, "warning", "do not count it as measured")


def idle_boards(facts: Facts) -> Iterator[Note]:
    """Find runs in which some boards work and others only idle: the boards' sum charges the idle ones to the work."""
    boards = facts.series.filter((pl.col("boundary") == "board") & (pl.col("readings_count") > 0))
    idle = pl.col("util_mean_ratio") < _IDLE_RATIO
    runs = boards.group_by("run_id", maintain_order=True).agg(
        pl.col("source_id").first(), boards=pl.len(), idle=idle.sum(),
        busy=(pl.col("util_mean_ratio") > _BUSY_RATIO).sum(),
        idle_w=pl.col("mean_w").filter(idle).sum(), all_w=pl.col("mean_w").sum(),
    )  # fmt: skip
    for row in runs.filter((pl.col("idle") > 0) & (pl.col("busy") > 0)).iter_rows(named=True):
        part = f", {row['idle_w'] / row['all_w']:.0%} of the boards' power" if row["all_w"] else ""
        yield Note(
            "check_all_gpus_charged", f"{row['idle']} of {row['boards']} boards idle beside the work{part}", "warning",
            "take the busy board's energy for the model, the sum for the machine",
            run_id=row["run_id"], source_id=row["source_id"],
        )  # fmt: skip


def negative_readings(facts: Facts) -> Iterator[Note]:
    """Find series with powers below zero."""
    for row in facts.series.filter(pl.col("negative_count") > 0).iter_rows(named=True):
        text = f"{row['negative_count']} of {row['readings_count']} power readings are below 0 W"
        hint = "an error value of the meter, or a difference of two meters"
        yield _note(row, "check_negative_readings", text, "warning", hint)


def _powers(facts: Facts) -> Iterator[tuple[dict[str, Any], float | None, float | None]]:
    """Yield the series of powers with their device's rated power and the most it can draw [W], None where unknown."""
    for row in facts.series.filter(pl.col("readings_count") > 0).iter_rows(named=True):
        spec = find_device(row["device"]) if row["boundary"] in METERED else None
        yield row, rated_w(spec), most_w(spec, row["boundary"])


def implausible_readings(facts: Facts) -> Iterator[Note]:
    """Find series whose mean power is far above the rated power of their device, or next to nothing.

    Such a run is out of use: a log in milliwatts read as watts is wrong by a thousand.
    """
    for row, rated, most in _powers(facts):
        if rated and most and not BELOW * rated <= row["mean_w"] <= most:
            text = (
                f"{row['mean_w']:.4g} W on average over {row['readings_count']} readings, rated {rated:.4g} W"
            )
            yield _note(
                row, "check_implausible_watts", text + slip_text(row["mean_w"] / rated), "error", _LOG_UNIT
            )


def readings_beyond_any_device(facts: Facts) -> Iterator[Note]:
    """Find series with a power that no device of the kind draws, whatever its name.

    Where the mean is above the rated power, `implausible_readings` says so.
    """
    for row, _, own_most in _powers(facts):
        most = MOST_W.get(row["boundary"])
        if most is not None and row["peak_w"] > most and not (own_most and row["mean_w"] > own_most):
            text = (
                f"a reading of {row['peak_w']:.4g} W at the {row['boundary']}: none draws over {most:.4g} W"
            )
            hint = f"{_LOG_UNIT}; a damaged line: take it out and import again"
            yield _note(row, "check_beyond_any_device", text, "error", hint)


def readings_beyond_known_boards(facts: Facts) -> Iterator[Note]:
    """Find boards of unknown name whose mean power is above the rated power of any known: milliwatts, or a sum."""
    most = max(rated_w(spec) or 0.0 for spec in all_devices())
    for row, rated, _ in _powers(facts):
        possible = row["peak_w"] <= MOST_W["board"]
        if row["boundary"] == "board" and rated is None and possible and row["mean_w"] > most:
            text = f"{row['mean_w']:.4g} W on average: no known board may draw more than {most:.4g} W"
            hint = "milliwatts (import with --column power_w=COLUMN:mW), or several boards in one column"
            yield _note(row, "check_beyond_known_boards", text, "warning", hint)
