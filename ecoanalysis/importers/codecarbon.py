"""CodeCarbon CSV files of every version: emissions.csv and its task files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.importers.codecarbon_scope import metered_s, pue_of, with_pue
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, ratio, read_table, to_numbers
from ecoanalysis.importers.times import NS, parse_time, zone_of
from ecoanalysis.units import J_PER_KWH

TITLE = "CodeCarbon emissions.csv and task files, every version"
_NUMBERS = (
    "duration",
    "emissions",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "pue",
    "gpu_count",
    "cpu_count",
    "ram_total_size",
)
# What becomes of each part: name -> (boundary, kind of device, basis, method).
_PARTS = {
    "gpu": ("board", "gpu", "measured", "CodeCarbon GPU: NVML energy counter, all GPUs that it saw"),
    "cpu": ("package", "cpu", "estimated", "CodeCarbon CPU: RAPL or a model, the file does not say which"),
    "ram": ("dram", "memory", "estimated", "CodeCarbon RAM: modelled from the size or the number of modules"),
}
_QUEBEC_KG_PER_KWH = (0.0035, 0.0045)  # the world factor of a failed lookup: 3.94 g/kWh, Quebec's hydro power


_LARGE_RAM_RATIO = 0.5  # a model this large decides what the sum says


@dataclass(frozen=True, slots=True)
class Workload:
    """What the records of a file were about, where somebody else says it: configuration and items of a row."""

    config: Callable[[Row], Config]
    items_count: float | None = None


def sniff(head: Head) -> bool:
    """Say whether the header has CodeCarbon's columns."""
    return head.has("project_name", "duration", "emissions", "energy_consumed") or head.has(
        "emissions", "duration", "codecarbon_version"
    )


def read(head: Head, options: Options) -> Imported:
    """Return up to four results per run: GPUs (board), CPU (package), RAM (dram), their sum (node)."""
    draft = Draft(head, "codecarbon")
    return read_records(draft, head, options, Workload(_unknown_config))


def _unknown_config(row: Row) -> Config:
    """Return a configuration that says no more than the file does."""
    return Config(
        task="unknown",
        model=as_text(row.get("project_name")) or "unknown",
        framework="unknown",
        precision="unknown",
        item_unit="inference",
    )


def read_records(draft: Draft, head: Head, options: Options, workload: Workload) -> Imported:
    """Return the records of a CodeCarbon file as results of the workload that is given."""
    raw = read_table(head, need=("duration", "energy_consumed"))
    frame = to_numbers(raw, *_NUMBERS).with_row_index("row_number")
    frame = _last_of_run(draft, with_pue(draft, frame, head.path))
    _file_notes(draft, frame)
    constants = _constant_cpus(frame)
    for name, watts in constants.items():
        draft.note(
            "constant_cpu_power",
            f"CPU power is {watts:g} W in every row of {name or 'the CPU'}: a constant of the tool, not a reading",
            "take the GPU's energy, or the wall's",
            "warning",
        )
    _time_notes(draft, frame)
    zone = zone_of(options)
    for row in frame.iter_rows(named=True):
        _row(draft, row, workload, zone, constants.get(as_text(row.get("cpu_model")) or ""))
    return draft.finish(raw.height)


def _last_of_run(draft: Draft, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the last row of each run: `flush()` appends cumulative rows. Task files have no such rows."""
    if "run_id" not in frame.columns or "task_name" in frame.columns:
        return frame
    rank = pl.col("duration").fill_null(-1).rank("ordinal", descending=True).over("run_id")
    kept = frame.filter((rank == 1) | pl.col("run_id").is_null())
    if kept.height < frame.height:
        draft.leave_out("running total of a run, a later row is its whole", frame.height - kept.height)
        draft.note(
            "cumulative_rows",
            f"{frame.height - kept.height} rows are running totals: only the last row of each run is kept",
        )
    return kept


def _constant_cpus(frame: pl.DataFrame) -> dict[str, float]:
    """Return the CPU power of each CPU model whose rows all have the same.

    Three runs are the least, but for a power of at most two decimals beside durations of many: a reading has a dozen,
    what the tool takes of a table has one or two (42.5 W where it knows no processor, half the TDP, a TDP).
    """
    name = pl.col("cpu_model").str.strip_chars() if "cpu_model" in frame.columns else pl.lit("")
    stated = frame.select(name.fill_null("").alias("name"), "cpu_power", "duration").filter(
        pl.col("cpu_power") > 0
    )
    found = {}
    for (model,), rows in stated.group_by("name", maintain_order=True):
        watts = float(rows["cpu_power"][0])
        tabled = round(watts, 2) == watts and any(
            round(span, 4) != span for span in rows["duration"].drop_nulls()
        )
        if rows["cpu_power"].n_unique() == 1 and (rows.height >= 3 or tabled):
            found[str(model)] = watts
    return found


def _file_notes(draft: Draft, frame: pl.DataFrame) -> None:
    """Keep notes that hold for the whole file."""
    if (frame["ram_energy"].fill_null(0) > 0).any():
        draft.note(
            "modelled_ram",
            "RAM energy is a model of CodeCarbon in every version; the sum of a row contains it",
        )
    metered = pl.col("cpu_energy").fill_null(0) + pl.col("gpu_energy").fill_null(0)
    share = frame.select((pl.col("ram_energy") / metered).max()).item()
    if share is not None and share >= _LARGE_RAM_RATIO:
        draft.note(
            "modelled_ram_large", f"modelled RAM reaches {share:.0%} of CPU and GPU together",
            "take the GPU's energy, not the sum of these rows", "warning",
        )  # fmt: skip
    modes = set(frame["tracking_mode"].drop_nulls()) if "tracking_mode" in frame.columns else set()
    if "machine" in modes:
        draft.note("machine_scope", "tracking_mode machine: everything that ran on the machine is in it")
    if "process" in modes:
        draft.note(
            "process_scope",
            "tracking_mode process: RAPL and GPU energies are of the whole machine all the same",
            severity="warning",
        )


def _time_notes(draft: Draft, frame: pl.DataFrame) -> None:
    """Keep a note on the rows whose energies cover another time than their duration."""
    rows = (
        (metered_s(row, as_float(row["duration"])), as_float(row["duration"]))
        for row in frame.iter_rows(named=True)
    )
    off = [found / said for found, said in rows if found and said]
    if off:
        draft.note(
            "duration_not_of_energy",
            f"{len(off)} rows: by the constant power of RAM, the energies cover {min(off):.2f} to {max(off):.2f} × the "
            "duration: mean powers are over that time",
            "several tasks, or loading and warming up, in one record",
            "warning",
        )


def _region(draft: Draft, row: Row) -> str | None:
    """Return the ISO code of the country; None when the location is a failed lookup."""
    code = as_text(row.get("country_iso_code"))
    co2, energy = as_float(row.get("emissions")), as_float(row.get("energy_consumed"))
    intensity = co2 / energy if co2 is not None and energy else None
    quebec = intensity is not None and _QUEBEC_KG_PER_KWH[0] <= intensity <= _QUEBEC_KG_PER_KWH[1]
    if code == "CAN" and (quebec or str(row.get("region")).lower() == "quebec"):
        draft.note(
            "failed_geolocation",
            "Canada/quebec is what CodeCarbon writes when it cannot find the place: region left open",
            "say the region: eco report --region …",
            "warning",
        )
        return None
    return code


@dataclass(frozen=True, slots=True)
class _Record:
    """One row: what all its parts share, and the time that its energies were taken over [s]."""

    number: int
    config: int
    row: Row
    shared: dict[str, Any]
    over_s: float | None
    constant_w: float | None


def _row(draft: Draft, row: Row, workload: Workload, zone: tzinfo, constant_w: float | None) -> None:
    """Keep the results of one record."""
    number, pue, duration = int(str(row["row_number"])), pue_of(row), as_float(row["duration"])
    config, over_s = draft.config(workload.config(row)), metered_s(row, duration) or duration
    shared: dict[str, Any] = {
        "duration_s": duration, "items_count": workload.items_count, "region": _region(draft, row),
        "label": as_text(row.get("task_name")) or as_text(row.get("run_id")), "item_unit": "inference",
        "started_utc_ns": _started(draft, row, zone, duration),
    }  # fmt: skip
    record = _Record(number, config, row, shared, over_s, constant_w)
    for part in _PARTS:
        _part(draft, record, part, _joules(as_float(row[f"{part}_energy"]), pue))
    total, co2 = _joules(as_float(row["energy_consumed"]), pue), as_float(row["emissions"])
    if total is not None and total > 0:
        name = as_text(row.get("gpu_model")) or as_text(row.get("cpu_model")) or "unknown"
        device = draft.device(name, kind="platform", boundary="node", sensor="codecarbon")
        draft.result(
            number, config, "sum", device_id=device, energy_j=total, boundary="node", basis="estimated",
            method="CodeCarbon: sum of measured and modelled parts", mean_power_w=ratio(total, over_s),
            co2_g_reported=None if co2 is None else co2 * 1e3,
            extra={"pue_divided_out": pue} if pue not in (None, 1.0) else None, **shared,
        )  # fmt: skip
    elif total is not None:
        draft.note("no_energy", f"energy of {total:g} J: taken as not measured", severity="warning")


def _part(draft: Draft, record: _Record, part: str, energy: float | None) -> None:
    """Keep the energy of one part of a record; 0 J is a part that was not measured."""
    boundary, kind, basis, method = _PARTS[part]
    row, count = record.row, as_int(record.row["gpu_count"]) or 0
    if energy is None or (part == "gpu" and count == 0 and energy == 0):
        return
    if energy <= 0:
        text = f"{part.upper()} energy is {energy:g} J: taken as not measured"
        draft.note("no_energy", text, "boards without an energy counter are booked as 0", "warning")
        return
    if part == "cpu" and record.constant_w is not None:
        method = f"CodeCarbon CPU: constant {record.constant_w:g} W"
    name = as_text(row.get("gpu_model" if part == "gpu" else "cpu_model")) or f"unknown {part}"
    device = draft.device("RAM" if part == "ram" else name, kind=kind, boundary=boundary, sensor="codecarbon")
    draft.result(
        record.number, record.config, part, device_id=device, energy_j=energy, boundary=boundary, basis=basis,
        method=method, mean_power_w=ratio(energy, record.over_s),
        extra={"devices_count": count} if part == "gpu" else None, **record.shared,
    )  # fmt: skip


def _joules(kwh: float | None, pue: float | None) -> float | None:
    """Return the energy of the equipment [J]: CodeCarbon's kWh contain the PUE."""
    return None if kwh is None else kwh * J_PER_KWH / (pue or 1.0)


def _started(draft: Draft, row: Row, zone: tzinfo, duration: float | None) -> int | None:
    """Return the start: the time of writing is the end. A task file is written after all tasks: unknown."""
    if as_text(row.get("task_name")):
        return None
    ended, naive = parse_time(row.get("timestamp"), zone)
    if naive and zone_is_guess(zone):
        draft.note(
            "naive_time", "times carry no zone: taken as UTC", "say --tz, for example --tz Europe/Berlin"
        )
    return None if ended is None or duration is None else ended - round(duration * NS)


def zone_is_guess(zone: tzinfo) -> bool:
    """Say whether the zone is UTC because nobody said another."""
    return str(zone) == "UTC"
