"""CodeCarbon CSV files of every version: emissions.csv and its task files."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.importers.codecarbon_host import gpu_name, is_apple, region_of
from ecoanalysis.importers.codecarbon_rows import is_json, last_of_run, read_rows, records_of
from ecoanalysis.importers.codecarbon_scope import metered_s, pue_of, records_beside, with_pue
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, ratio
from ecoanalysis.importers.times import NS, parse_time, zone_of
from ecoanalysis.importers.tool_run import uuid_of
from ecoanalysis.units import J_PER_KWH

TITLE = "CodeCarbon emissions.csv and task files, every version; its JSON"
# What becomes of each part: name -> (boundary, kind of device, basis, method).
_PARTS = {
    "gpu": ("board", "gpu", "measured", "CodeCarbon GPU: the driver's energy counter, all GPUs that it saw"),
    "cpu": ("package", "cpu", "estimated", "CodeCarbon CPU: a meter or a model, the file does not say which"),
    "ram": ("dram", "memory", "estimated", "CodeCarbon RAM: modelled from the size or the number of modules"),
}
_LARGE_RAM_RATIO = 0.5  # a model this large decides what the sum says


@dataclass(frozen=True, slots=True)
class Workload:
    """What the records of a file were about, where somebody else says it: configuration and items of a row."""

    config: Callable[[Row], Config]
    items_count: float | None = None


def sniff(head: Head) -> bool:
    """Say whether the header has CodeCarbon's columns, as people leave them."""
    return head.has("duration", "emissions", "energy_consumed") or is_json(head)


def read(head: Head, options: Options) -> Imported:
    """Return up to four results per run: GPUs (board), CPU (package), RAM (dram), their sum (node)."""
    draft = Draft(head, "codecarbon", companions=records_beside(head))
    return read_records(draft, head, options, Workload(_said_config))


def _said_config(row: Row) -> Config:
    """Return what the file says of the work: in columns that its user added, else in the name of the project.

    The tool's own name is its default project.
    """
    project = as_text(row.get("project_name"))
    model = _first(row, "model", "model_name") or (project if project != "codecarbon" else None) or "unknown"
    return Config(
        task=_first(row, "task") or "unknown",
        model=model,
        framework=_first(row, "framework", "backend") or "unknown",
        precision=precision_name(_first(row, "precision", "dtype", "quantization"), model),
        batch_size=as_float(row.get("batch_size")),
        item_unit="inference",
    )


def _first(row: Row, *names: str) -> str | None:
    """Return the first of these columns that says something."""
    return next((text for name in names if (text := as_text(row.get(name)))), None)


def read_records(draft: Draft, head: Head, options: Options, workload: Workload) -> Imported:
    """Return the records of a CodeCarbon file as results of the workload that is given."""
    raw = read_rows(head)
    frame = last_of_run(draft, with_pue(draft, records_of(draft, raw), head))
    _file_notes(draft, frame)
    constants = _constant_cpus(frame)
    for name, watts in constants.items():
        draft.note(
            "constant_cpu_power",
            f"CPU power is {watts:g} W in every row of {name or 'the CPU'}: a constant of the tool, not a reading",
            "take the GPU's energy, or the wall's",
            "warning",
        )
    _time_notes(draft, frame, constants)
    zone = zone_of(options)
    for row in frame.iter_rows(named=True):
        _row(draft, row, workload, zone, constants.get(as_text(row.get("cpu_model")) or ""))
    return draft.finish(raw.height)


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
            "modelled_ram_large",
            "of some rows modelled RAM is all" if math.isinf(share)
            else f"modelled RAM reaches {share:.0%} of CPU and GPU together",
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


def _time_notes(draft: Draft, frame: pl.DataFrame, constants: dict[str, float]) -> None:
    """Keep a note on the rows whose energies cover another time than their duration."""
    off: list[tuple[float, float]] = []
    for row in frame.iter_rows(named=True):
        said, watts = as_float(row["duration"]), constants.get(as_text(row.get("cpu_model")) or "")
        found = [metered_s(row, part, watts, said) for part in _PARTS if as_float(row[f"{part}_energy"])]
        covered = [seconds / said for seconds in found if seconds and said and seconds != said]
        if covered:
            off.append((min(covered), max(covered)))
    if off:
        low, high = min(low for low, _ in off), max(high for _, high in off)
        draft.note(
            "duration_not_of_energy",
            f"{len(off)} rows: by the constant power of RAM or CPU, energies cover {low:.2g} to {high:.2g} × the "
            "duration: mean powers are over that time",
            "several tasks, or loading and warming up, in one record; or runs shorter than a reading",
            "warning",
        )


@dataclass(frozen=True, slots=True)
class _Record:
    """One row: what all its parts share, and the constant power of its CPU [W]."""

    number: int
    config: int
    row: Row
    shared: dict[str, Any]
    constant_w: float | None


def _row(draft: Draft, row: Row, workload: Workload, zone: tzinfo, constant_w: float | None) -> None:
    """Keep the results of one record."""
    number, pue, duration = int(str(row["row_number"])), pue_of(row), as_float(row["duration"])
    config = draft.config(workload.config(row))
    shared: dict[str, Any] = {
        "duration_s": duration, "items_count": workload.items_count, "region": region_of(draft, row),
        "label": as_text(row.get("task_name")) or as_text(row.get("run_id")), "item_unit": "inference",
        "started_utc_ns": _started(draft, row, zone, duration),
    }  # fmt: skip
    record = _Record(number, config, row, shared, constant_w)
    over_s = [_part(draft, record, part, _joules(as_float(row[f"{part}_energy"]), pue)) for part in _PARTS]
    total, co2 = _joules(as_float(row["energy_consumed"]), pue), as_float(row["emissions"])
    boundary = _boundary_of_sum(row)
    if boundary is None:
        return
    if total is not None and total > 0:
        name = gpu_name(row) or as_text(row.get("cpu_model")) or "unknown"
        device = draft.device(name, kind="platform", boundary=boundary, sensor="codecarbon")
        over = max((seconds for seconds in over_s if seconds), default=duration)
        draft.result(
            number, config, "sum", device_id=device, energy_j=total, boundary=boundary,
            basis=as_text(row.get("energy_basis")) or "estimated",
            method="CodeCarbon: sum of measured and modelled parts",
            mean_power_w=ratio(total, over), co2_g_reported=None if co2 is None else co2 * 1e3,
            extra={"pue_divided_out": pue if pue != 1.0 else None, "metered_s": _if_other(over, shared),
                   "devices_count": as_int(row["gpu_count"]) or None, "tool_run": _tool_run(row)}, **shared,
        )  # fmt: skip
    elif total is not None:
        draft.note("no_energy", f"energy of {total:g} J: taken as not measured", severity="warning")


def _boundary_of_sum(row: Row) -> str | None:
    """Return what the sum of a row is of: the node, or as our own export says; None where that is one of its parts."""
    said = as_text(row.get("energy_boundary")) or "node"
    return None if said in {boundary for boundary, *_ in _PARTS.values()} else said


def _part(draft: Draft, record: _Record, part: str, energy: float | None) -> float | None:
    """Keep the energy of one part of a record; return the time that it was taken over [s].

    0 J is a part that was not measured.
    """
    boundary, kind, basis, method = _PARTS[part]
    row, count = record.row, as_int(record.row["gpu_count"]) or 0
    if energy is None or (part == "gpu" and count == 0 and energy == 0):
        return None
    if energy <= 0:
        text = f"{part.upper()} energy is {energy:g} J: taken as not measured"
        draft.note("no_energy", text, "boards without an energy counter are booked as 0", "warning")
        return None
    over_s = metered_s(row, part, record.constant_w, record.shared["duration_s"])
    if part == "cpu" and record.constant_w is not None:
        method = f"CodeCarbon CPU: constant {record.constant_w:g} W"
    elif is_apple(row) and part != "ram":
        basis, method = "estimated", f"CodeCarbon {part.upper()}: Apple's powermetrics or a model"
    basis = as_text(row.get(f"{part}_basis")) or basis
    name = (gpu_name(row) if part == "gpu" else as_text(row.get("cpu_model"))) or f"unknown {part}"
    device = draft.device("RAM" if part == "ram" else name, kind=kind, boundary=boundary, sensor="codecarbon")
    draft.result(
        record.number, record.config, part, device_id=device, energy_j=energy, boundary=boundary, basis=basis,
        method=method, mean_power_w=ratio(energy, over_s),
        extra={
            "devices_count": (count or None) if part == "gpu" else None,
            "metered_s": _if_other(over_s, record.shared),
            "tool_run": _tool_run(record.row),
        },
        **record.shared,
    )  # fmt: skip
    return over_s


def _tool_run(row: Row) -> str | None:
    """Return the id that CodeCarbon gave the run."""
    return uuid_of(as_text(row.get("run_id")))


def _if_other(over_s: float | None, shared: dict[str, Any]) -> float | None:
    """Return the time that an energy was taken over, None where it is the duration."""
    return over_s if over_s != shared["duration_s"] else None


def _joules(kwh: float | None, pue: float | None) -> float | None:
    """Return the energy of the equipment [J]: CodeCarbon's kWh contain the PUE."""
    return None if kwh is None else kwh * J_PER_KWH / (pue or 1.0)


def _started(draft: Draft, row: Row, zone: tzinfo, duration: float | None) -> int | None:
    """Return the start: the time of writing is the end. A task file is written after all tasks: unknown."""
    if as_text(row.get("task_name")):
        return None
    ended, naive = parse_time(row.get("timestamp"), zone)
    if naive and zone_is_guess(zone):
        draft.naive_times()
    if ended is None and (said := as_text(row.get("timestamp"))):
        draft.note(
            "unknown_time", f"times as {said[:30]!r} cannot be read, or not for sure: starts left open"
        )
    return None if ended is None or duration is None else ended - round(duration * NS)


def zone_is_guess(zone: tzinfo) -> bool:
    """Say whether the zone is UTC because nobody said another."""
    return str(zone) == "UTC"
