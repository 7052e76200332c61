"""experiment-runner run tables (VU Amsterdam): one run per row, an energy column among many."""

import re

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.table import Row, as_float, as_text, number, read_table
from ecoanalysis.units import J_PER_KWH

TITLE = "experiment-runner run table"
# Columns that mean energy, best first: name pattern -> (joules per unit, boundary, basis).
_ENERGY = (
    (r"^energy_usage_j$|^energy_j$|(?:total|avg|mean)?_?energy.*\(j\)$", 1.0),
    (r"codecarbon__energy_consumed$", J_PER_KWH),
    (r"^(?:dram_energy|package_energy|energy|gpu_energy)$", 1.0),
)
_DURATION = ("execution_time", "runtime", "duration", "execution_time_s", "time")
_FACTORS = (
    "model",
    "llm",
    "algorithm",
    "method",
    "task",
    "length",
    "quantization",
    "precision",
    "framework",
    "batch_size",
)


def sniff(head: Head) -> bool:
    """Say whether the header has the tool's own columns."""
    return head.has("__run_id", "__done")


def read(head: Head, options: Options) -> Imported:
    """Return one result per finished run; a remote run is the client's energy only, and is left out of use."""
    frame = read_table(head, need=("__run_id", "__done"))
    draft = Draft(
        head,
        "experiment_runner",
        dataset=head.path.stem,
        name="experiment-runner table",
        url="https://github.com/S2-group/experiment-runner",
    )
    energy = next(
        ((name, factor) for pattern, factor in _ENERGY for name in frame.columns if re.search(pattern,
        name.lower())), None,
    )  # fmt: skip
    if energy is None:
        draft.note(
            "no_energy",
            "no column that is an energy",
            "map one: --format generic --column energy_j=…",
            "warning",
        )
    draft.note("device_not_stated", "a run table does not name its machine")
    columns = [
        name
        for name in (
            energy[0] if energy else None,
            next((name for name in _DURATION if name in frame.columns), None),
        )
        if name
    ]
    values = frame.with_columns(number(name) for name in columns)
    for index, row in enumerate(values.iter_rows(named=True)):
        if str(row["__done"]).upper() != "DONE":
            draft.note("unfinished_run", f"{row['__run_id']} is not done: left out", severity="warning")
            continue
        _one(draft, index, row, energy, next((name for name in _DURATION if name in values.columns), None))
    return draft.finish(frame.height)


def _one(draft: Draft, index: int, row: Row, energy: tuple[str, float] | None, duration: str | None) -> None:
    """Keep one run; the factors of the experiment name the configuration."""
    factors = {name: as_text(value) for name, value in row.items() if name in _FACTORS and as_text(value)}
    remote = factors.get("method") == "remote"
    model = factors.get("model") or factors.get("llm") or factors.get("algorithm") or "unknown"
    config = Config(
        task="text-generation" if "llm" in factors or ":" in model else factors.get("task") or "unknown",
        model=model, framework=factors.get("framework") or ("ollama" if ":" in model else "unknown"),
        precision=factors.get("quantization") or factors.get("precision") or "unknown", item_unit="request",
        batch_size=1.0,
        scenario=f"{factors.get('method') or 'run'}, length {factors.get('length') or 'unknown'}",
        modality="text" if ":" in model else None,
    )  # fmt: skip
    measured = as_float(row[energy[0]]) if energy else None
    codecarbon = any("codecarbon" in name for name in row)
    device = draft.device(
        "machine of the run table", kind="platform", boundary="node",
        sensor="codecarbon" if codecarbon else "unknown",
    )  # fmt: skip
    method = f"column {energy[0]}" if energy else None
    result = draft.result(
        index, config, device_id=device, label=as_text(row["__run_id"]), item_unit="request", items_count=1.0,
        energy_j=None if measured is None or energy is None else measured * energy[1], boundary="node",
        duration_s=as_float(row[duration]) if duration else None, repeats_count=1,
        basis="estimated" if codecarbon else "measured", method=f"{method}, CodeCarbon" if codecarbon else method,
        extra={name: value for name, value in factors.items() if name != "model"} | _utils(row),
    )  # fmt: skip
    if remote:
        draft.note(
            "client_only", "a remote run: only the client was measured, the model ran elsewhere",
            severity="error", result_id=result,
        )  # fmt: skip


def _utils(row: Row) -> dict[str, object]:
    """Return the mean utilizations of a run, as ratios."""
    found = {name: as_float(row.get(f"{name}_usage")) for name in ("cpu", "gpu", "memory")}
    return {f"{name}_util_ratio": value / 100 for name, value in found.items() if value is not None}
