"""ML-EcoLyzer result tables and reports: all of it modelled, mostly a mass of CO2 without an energy."""

from collections.abc import Iterator
from typing import Any

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlenergy_timeline import load_json
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, product, read_table
from ecoanalysis.units import J_PER_KWH

TITLE = "ML-EcoLyzer results (CSV or JSON)"
# Ours -> what versions of the tool call it, best first. Energies are kWh, emissions kg.
_NAMES = {
    "model": ("model_name", "model", "name"),
    "task": ("task", "task_type"),
    "precision": ("quantization", "precision", "dtype"),
    "energy_kwh": ("total_energy_kwh", "energy_kwh", "total_energy", "energy_consumed"),
    "co2_kg": (
        "inference_kg_co2",
        "co2_emissions_kg",
        "total_co2_kg",
        "total_kg_co2",
        "emissions_kg",
        "co2_emissions",
    ),
    "duration_s": ("inference_time", "duration_seconds", "total_duration", "duration"),
    "items": (
        "successful_predictions",
        "samples_processed",
        "num_samples",
        "total_samples",
        "total_generations",
    ),
    "params": ("parameter_count", "total_parameters", "num_parameters", "params", "parameters"),
    "device": ("gpu_name", "device_name", "hardware", "device_category", "device"),
    "framework": ("framework",),
    "ess": ("ess", "ess_score", "environmental_sustainability_score"),
    "region": ("region",),
    "dataset": ("dataset_name",),
    "accuracy": ("accuracy",),
}
# What the tool writes around its results: one run of the runner, or a study of many.
_HOLDERS = ("results", "individual_runs")
_KEPT = ("emissions_analysis", "accuracy_metrics", "hardware_profile")


def sniff(head: Head) -> bool:
    """Say whether there is the tool's name, or an ESS or bottles of water beside emissions."""
    names = {name.lower() for name in head.columns}
    its_own = {*_NAMES["ess"], "water_bottles_equivalent"}
    table = bool(names & its_own) and bool(names & set(_NAMES["co2_kg"]))
    text = head.text.lower()
    return table or (
        text.lstrip().startswith("{")
        and ("environmental_sustainability_score" in text or '"ess"' in text or "ml-ecolyzer v" in text)
        and ("co2" in text or '"framework_metadata"' in text or '"research_metadata"' in text)
    )


def read(head: Head, options: Options) -> Imported:
    """Return one result per evaluation; everything is estimated, load time and metric code are in it.

    The version that is published states a mass of CO2 only: then the energy is unknown, and the CO2 is that of the
    inference where the report parts it.
    """
    draft = Draft(
        head,
        "ecolyzer",
        dataset="ml_ecolyzer",
        citation="Minoza et al., ML-EcoLyzer, 2025, arXiv:2511.06694",
        url="https://github.com/JomaMinoza/ml-ecolyzer",
    )
    rows: list[Row] = (
        list(_evaluations(draft, load_json(head)))
        if head.text.lstrip().startswith("{")
        else list(read_table(head).rename(str.lower, strict=False).iter_rows(named=True))
    )
    if not rows:
        raise EcoError(f"{head.path}: no finished evaluation in it", "the tool's own log says what failed")
    for place, row in enumerate(rows):
        _one(draft, place, row)
    if all(as_float(_pick(row, "energy_kwh")) is None for row in rows):
        draft.note(
            "no_energy",
            "ML-EcoLyzer states CO2 and no energy: its grid factor is unknown, so none is derived",
            "import the emissions.csv that it wrote beside this file: that has the kWh",
            "warning",
        )
    draft.note(
        "all_modelled",
        "ML-EcoLyzer reads no power sensor: a line in CPU utilization; loading and metric code are in it",
        severity="warning",
    )
    return draft.finish(len(rows))


def _evaluations(draft: Draft, document: dict[str, Any]) -> Iterator[Row]:
    """Give a row per evaluation of a report; of a report of another version the document as one row.

    `environmental_assessment` is left out: its watts and watt-hours are of a pause after the inference.
    """
    held = next((document[name] for name in _HOLDERS if isinstance(document.get(name), dict)), None)
    if held is None:
        yield _flat(document)
        return
    for name, one in held.items():
        if not isinstance(one, dict) or name == "final_report":
            continue
        if "emissions_analysis" not in one:
            draft.note(
                "failed_evaluation", f"{name}: {as_text(one.get('error')) or 'no emissions'}", None, "warning"
            )
            continue
        plain = {key: value for key, value in one.items() if not isinstance(value, dict | list)}
        yield _flat({**plain, **{key: one.get(key) for key in _KEPT}})


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
    accuracy = as_float(_pick(row, "accuracy"))
    config = Config(
        task=as_text(_pick(row, "task")) or "unknown",
        dataset=as_text(_pick(row, "dataset")),
        model=model,
        framework=as_text(_pick(row, "framework")) or "unknown",
        precision=precision_name(_pick(row, "precision"), model),
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
        energy_j=product(kwh, J_PER_KWH),
        items_count=as_float(_pick(row, "items")),
        duration_s=as_float(_pick(row, "duration_s")),
        boundary="node",
        basis="estimated",
        method="ML-EcoLyzer model",
        item_unit="inference",
        co2_g_reported=product(co2, 1e3),
        quality_value=accuracy,
        quality_metric=None if accuracy is None else "accuracy",
        region=as_text(_pick(row, "region")),
        extra={
            "ess_reported": _pick(row, "ess"),
            "co2_is_of": "inference" if "inference_kg_co2" in row else "run",
        },
    )
