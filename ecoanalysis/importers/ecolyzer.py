"""ML-EcoLyzer result tables and reports: all of it modelled, CO2 of the whole run."""

from typing import Any

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlenergy_timeline import load_json
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, read_table
from ecoanalysis.units import J_PER_KWH

TITLE = "ML-EcoLyzer results (CSV or JSON)"
# Ours -> what versions of the tool call it, best first. Energies are kWh, emissions kg.
_NAMES = {
    "model": ("model_name", "model", "name"),
    "task": ("task", "task_type"),
    "precision": ("quantization", "precision", "dtype"),
    "energy_kwh": ("total_energy_kwh", "energy_kwh", "total_energy", "energy_consumed"),
    "co2_kg": ("co2_emissions_kg", "total_co2_kg", "emissions_kg", "co2_emissions"),
    "duration_s": ("inference_time", "duration_seconds", "total_duration", "duration"),
    "items": ("num_samples", "total_samples", "samples", "total_generations"),
    "params": ("parameter_count", "total_parameters", "num_parameters", "params", "parameters"),
    "device": ("gpu_name", "device_name", "hardware", "device"),
    "framework": ("framework",),
    "ess": ("ess", "ess_score", "environmental_sustainability_score"),
    "region": ("region",),
}


def sniff(head: Head) -> bool:
    """Say whether there is an ESS beside emissions: no other tool writes one."""
    names = {name.lower() for name in head.columns}
    table = bool(names & set(_NAMES["ess"])) and bool(names & set(_NAMES["co2_kg"]))
    text = head.text[:20_000].lower()
    return table or (
        text.lstrip().startswith("{")
        and ("environmental_sustainability_score" in text or '"ess"' in text)
        and "co2" in text
    )


def read(head: Head, options: Options) -> Imported:
    """Return one result per row; everything is estimated, load time and metric code are in it."""
    draft = Draft(
        head,
        "ecolyzer",
        dataset="ml_ecolyzer",
        citation="Minoza et al., ML-EcoLyzer, 2025, arXiv:2511.06694",
        url="https://github.com/JomaMinoza/ml-ecolyzer",
    )
    rows: list[Row] = (
        [_flat(load_json(head))]
        if head.text.lstrip().startswith("{")
        else list(read_table(head).rename(str.lower, strict=False).iter_rows(named=True))
    )
    for place, row in enumerate(rows):
        _one(draft, place, row)
    draft.note(
        "all_modelled",
        "ML-EcoLyzer reads no power sensor: a line in CPU utilization; loading and metric code are in it",
        severity="warning",
    )
    return draft.finish(len(rows))


def _flat(document: dict[str, Any]) -> Row:
    """Return the leaves of a nested report by their last name in lower case; the first of a name wins."""
    flat: Row = {}
    stack: list[dict[str, Any]] = [document]
    while stack:
        for name, value in stack.pop().items():
            if isinstance(value, dict):
                stack.append(value)
            else:
                flat.setdefault(str(name).lower(), value)
    return flat


def _pick(row: Row, what: str) -> object:
    """Return the first value that the row has under one of the names."""
    return next((row[name] for name in _NAMES[what] if row.get(name) is not None), None)


def _one(draft: Draft, place: int, row: Row) -> None:
    """Keep one row."""
    kwh, co2 = as_float(_pick(row, "energy_kwh")), as_float(_pick(row, "co2_kg"))
    if kwh is not None and kwh <= 0:
        kwh = None
    model = as_text(_pick(row, "model")) or "unknown"
    config = Config(
        task=as_text(_pick(row, "task")) or "unknown",
        model=model,
        framework=as_text(_pick(row, "framework")) or "unknown",
        precision=precision_name(_pick(row, "precision")),
        params_count=as_int(_pick(row, "params")),
        facts_source="ML-EcoLyzer",
    )
    device = draft.device(
        as_text(_pick(row, "device")) or "unknown", kind="platform", boundary="node", sensor="ml-ecolyzer"
    )
    draft.result(
        place,
        config,
        device_id=device,
        energy_j=None if kwh is None else kwh * J_PER_KWH,
        items_count=as_float(_pick(row, "items")),
        duration_s=as_float(_pick(row, "duration_s")),
        boundary="node",
        basis="estimated",
        method="ML-EcoLyzer model",
        item_unit="inference",
        co2_g_reported=None if co2 is None else co2 * 1e3,
        region=as_text(_pick(row, "region")),
        extra={"ess_reported": _pick(row, "ess")},
    )
