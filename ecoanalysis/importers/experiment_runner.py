"""experiment-runner run tables (VU Amsterdam): one run per row, energy columns among many."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.columns import parted
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.energy_words import ENERGY_UNITS, boundary_of, is_net, is_part
from ecoanalysis.importers.guess import quoted
from ecoanalysis.importers.guess_results import TIME_UNITS, is_total, unread_energies
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.headings import Heading, heading
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_text, number, product, read_table
from ecoanalysis.units import convert

TITLE = "experiment-runner run table"
# What CodeCarbon's plugin appends; its unit is kWh, which the heading does not say.
_CODECARBON = {
    "codecarbon__energy_consumed": "node",
    "codecarbon__gpu_energy": "board",
    "codecarbon__cpu_energy": "package",
    "codecarbon__ram_energy": "dram",
}
_MOST_LEVELS = 40  # of a factor
_DURATIONS = ("execution time", "runtime", "run time", "duration", "inference time", "elapsed time", "time")
_KINDS = {
    "board": "gpu",
    "package": "cpu",
    "dram": "memory",
    "wall": "wall",
    "node": "platform",
    "platform": "platform",
}
# A factor of this name with a value of that form: the model ran elsewhere, the client alone was metered.
_PLACE = re.compile(
    r"(?i)method|location|deployment|execution|execution_(?:mode|place|environment)|mode|place|host|site"
)
_AWAY = re.compile(r"(?i)\s*(?:remote|cloud|server|api|offload)")
_FACTORS = (
    "model",
    "model_name",
    "model_version",
    "llm",
    "algorithm",
    "method",
    "task",
    "task_name",
    "task_type",
    "length",
    "quantization",
    "quant_level",
    "quantization_type",
    "quantization_level",
    "precision",
    "framework",
    "batch_size",
)


_PRECISIONS = ("quantization", "quant_level", "quantization_type", "quantization_level", "precision")


def sniff(head: Head) -> bool:
    """Say whether the header has the tool's own columns."""
    return head.has("__run_id", "__done")


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns that count: energies by (boundary, number) with factors to J, the duration with its to s.

    `unclear` are energies without a unit, `factors` those of the experiment that no field of a configuration holds.
    """

    energies: dict[tuple[str, str], tuple[str, float]]
    duration: tuple[str, float] | None
    unclear: tuple[str, ...]
    factors: tuple[str, ...]


def read(head: Head, options: Options) -> Imported:
    """Return a result per finished run and part; a remote run is the client's energy only, and is left out of use.

    An energy counts where its heading says the unit, or `--column energy_j.BOUNDARY=THEIRS:UNIT` does; parts are kept
    apart, and the total only where it is stated.
    """
    frame = read_table(head, need=("__run_id", "__done"))
    draft = Draft(
        head,
        "experiment_runner",
        dataset=head.path.stem,
        name="experiment-runner table",
        url="https://github.com/S2-group/experiment-runner",
    )
    columns = _columns(frame, options.columns)
    if not columns.energies:
        _tell_unclear(draft, columns.unclear)
    _doubts(draft, [heading(name) for name in frame.columns], columns)
    draft.note("device_not_stated", "a run table does not name its machine")
    named = [name for name, _ in (*columns.energies.values(), *filter(None, [columns.duration]))]
    values = frame.with_columns(number(name) for name in dict.fromkeys(named))
    columns = _without_zeros(draft, values, columns)
    unfinished = []
    for index, row in enumerate(values.iter_rows(named=True)):
        if str(row["__done"]).upper() == "DONE":
            _one(draft, index, row, columns)
        else:
            unfinished.append(str(row["__run_id"]))
    draft.leave_out("run not done", len(unfinished))
    if unfinished:
        text = f"{len(unfinished)} of {frame.height} runs are not done: left out, as {unfinished[0]}"
        draft.note("unfinished_run", text, severity="warning")
    return draft.finish(frame.height)


def _tell_unclear(draft: Draft, unclear: tuple[str, ...]) -> None:
    """Note that no energy says its unit, with the option that says it for those whose part is named."""
    text = f": {', '.join(unclear)} say no unit" if unclear else ""
    parts = {name: boundary_of(heading(name)) for name in unclear}
    known = {name: part for name, part in parts.items() if part} or dict.fromkeys(unclear[:1], "node")
    said = " ".join(f"--column {quoted(f'energy_j.{part}={name}:J')}" for name, part in known.items())
    command = f"eco import {quoted(draft.source.path)} --format experiment_runner {said}"
    hint = f"say it, if it is J: {command}" if said else "import the logs of its runs: eco import run_*/*.csv"
    draft.note("no_energy", f"no column that is an energy with its unit{text}", hint, "warning")


def _doubts(draft: Draft, headings: list[Heading], columns: _Columns) -> None:
    """Note energies that are net, energies that are left out, and a duration whose heading says no unit."""
    taken = [name for name, _ in columns.energies.values()]
    others = unread_energies(headings, taken)
    if others:
        draft.note("energies_left_out", f"not read: {', '.join([*others][:6])}")
    if net := [one.name for one in headings if one.name in taken and is_net(one)]:
        text = f"{net[0]}: by its name something, as the idle power, is subtracted"
        draft.note("idle_subtracted", text, "do not compare it with gross energies", "warning")
    lasted = next((one for one in headings if columns.duration and one.name == columns.duration[0]), None)
    if lasted is not None and lasted.unit is None:
        draft.note(
            "duration_in_seconds", f"{lasted.name}: no unit: taken as seconds, as the tool's own clock is"
        )


def _without_zeros(draft: Draft, values: pl.DataFrame, columns: _Columns) -> _Columns:
    """Return the columns without energies that are 0 in all runs: the machine has no such sensor."""
    silent = [part for part, (name, _) in columns.energies.items() if values[name].drop_nulls().eq(0).all()]
    silent = [part for part in silent if values[columns.energies[part][0]].count()]
    if silent:
        names = ", ".join(columns.energies[part][0] for part in silent)
        draft.note("no_reading", f"{names}: 0 in all runs, so nothing was read: left out")
    return replace(
        columns, energies={part: at for part, at in columns.energies.items() if part not in silent}
    )


def _factors(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the columns of words that lead the table: what a run was given; numbers are what came of it."""
    found: list[str] = []
    for name in frame.columns:
        if name.startswith("__") or name in _FACTORS:
            continue
        cells = frame[name].drop_nulls()
        if (
            frame.select(number(name)).to_series().count()
            or not cells.len()
            or cells.n_unique() > _MOST_LEVELS
        ):
            break
        if not heading(name).has("run", "repetition", "trial", "iteration"):
            found.append(name)
    return tuple(found)


def _columns(frame: pl.DataFrame, said: Mapping[str, str]) -> _Columns:
    """Return what the user and the headings say; of several energies of one boundary and number the first counts."""
    names = frame.columns
    energies = _mapped(names, said)
    headings = [heading(name) for name in names]
    stated = [one for one in headings if one.unit in ENERGY_UNITS and is_total(one)]
    for one in sorted(stated, key=is_net):
        number_of = "".join(filter(str.isdigit, "".join(one.words)))
        part = (boundary_of(one) or "node", number_of)
        energies.setdefault(part, (one.name, convert(1.0, str(one.unit), "J")))
    for name in names:
        boundary = _CODECARBON.get(name.lower())
        if boundary and not stated:
            energies.setdefault((boundary, ""), (name, convert(1.0, "kWh", "J")))
    silent = [one.name for one in headings if one.has("energy") and one.unit is None and not is_part(one)]
    unclear = tuple(name for name in silent if name.lower() not in _CODECARBON)
    return _Columns(energies, _duration(headings), unclear, _factors(frame))


def _mapped(names: list[str], said: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, float]]:
    """Return the energies that the user maps. Raises `EcoError` for a pair that is none, or a column not there."""
    found: dict[tuple[str, str], tuple[str, float]] = {}
    for ours, theirs in said.items():
        (kind, _, boundary), (name, unit) = ours.partition("."), parted(theirs)
        if (
            kind != "energy_j"
            or boundary not in ("", *_KINDS)
            or unit not in ENERGY_UNITS
            or name not in names
        ):
            raise EcoError(
                f"--column {ours}={theirs}: not an energy of this run table",
                f"energy_j.BOUNDARY=COLUMN:UNIT, of {', '.join(_KINDS)}; it has: {', '.join(names)[:200]}",
            )
        found[boundary or boundary_of(heading(name)) or "node", ""] = (name, convert(1.0, unit, "J"))
    return found


def _duration(headings: list[Heading]) -> tuple[str, float] | None:
    """Return the column of the duration; without a unit it is seconds, as the tool's own clock is."""
    for wanted in _DURATIONS:
        for one in headings:
            if " ".join(one.words) in (wanted, f"codecarbon {wanted}") and one.unit in (None, *TIME_UNITS):
                return one.name, convert(1.0, one.unit or "s", "s")
    return None


def _one(draft: Draft, index: int, row: Row, columns: _Columns) -> None:
    """Keep one run; the factors of the experiment name the configuration."""
    factors = {name: as_text(value) for name, value in row.items() if name in _FACTORS and as_text(value)}
    names = ("model", "model_name", "model_version", "llm", "algorithm")
    model = next((factors[name] for name in names if factors.get(name)), None) or "unknown"
    stated_task = factors.get("task") or factors.get("task_name") or factors.get("task_type")
    config = Config(
        task="text-generation" if "llm" in factors or ":" in model else stated_task or "unknown",
        model=model, framework=factors.get("framework") or ("ollama" if ":" in model else "unknown"),
        precision=precision_name(
            next((factors[name] for name in _PRECISIONS if factors.get(name)), None), model
        ),
        item_unit="request", batch_size=1.0,
        scenario=_scenario(factors, {name: as_text(row[name]) for name in columns.factors}),
        modality="text" if ":" in model else None,
    )  # fmt: skip
    codecarbon = any("codecarbon" in name for name in row)
    duration = product(as_float(row[columns.duration[0]]), columns.duration[1]) if columns.duration else None
    for (boundary, place), (name, factor) in (columns.energies or {("node", ""): ("", 1.0)}).items():
        device = draft.device(
            "machine of the run table", kind=_KINDS[boundary], boundary=boundary,
            sensor="codecarbon" if codecarbon else "unknown", index=int(place[:4] or 0),
        )  # fmt: skip
        method = f"column {name}" + (", CodeCarbon" if codecarbon else "") if name else None
        result = draft.result(
            index, config, f"{boundary}{place}", device_id=device, label=as_text(row["__run_id"]), item_unit="request",
            items_count=1.0, energy_j=product(as_float(row.get(name)), factor), boundary=boundary,
            duration_s=duration, repeats_count=1, basis=_basis(boundary, codecarbon), method=method,
            extra={name: value for name, value in factors.items() if name != "model"} | _utils(row),
        )  # fmt: skip
        if _elsewhere(row):
            draft.note(
                "client_only", "a remote run: only the client was measured, the model ran elsewhere",
                severity="error", result_id=result,
            )  # fmt: skip


def _scenario(factors: Mapping[str, str | None], others: Mapping[str, str | None]) -> str:
    """Return the treatment of a run: runs of another treatment are no repeats of it."""
    named = [f"{name} {value}" for name, value in others.items() if value]
    return ", ".join([factors.get("method") or "run", f"length {factors.get('length') or 'unknown'}", *named])


def _elsewhere(row: Row) -> bool:
    """Say whether a factor of the experiment says that the model ran on another machine than the metered one."""
    return any(
        _PLACE.fullmatch(name) is not None and _AWAY.match(str(value or "")) is not None
        for name, value in row.items()
    )


def _basis(boundary: str, codecarbon: bool) -> str:
    """Return `measured` for parts that only a meter gives; a sum of parts, and CodeCarbon's CPU, may be modelled."""
    return (
        "measured"
        if boundary in ("board", "wall") or (not codecarbon and boundary != "node")
        else "estimated"
    )


def _utils(row: Row) -> dict[str, object]:
    """Return the mean utilizations of a run, as ratios."""
    found = {name: as_float(row.get(f"{name}_usage")) for name in ("cpu", "gpu", "memory")}
    return {f"{name}_util_ratio": value / 100 for name, value in found.items() if value is not None}
