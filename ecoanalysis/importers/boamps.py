"""BoAmps reports (Boavizta, AFNOR SPEC 2314), whichever tool wrote them; `powerConsumption` is kWh."""

from typing import Any

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlenergy_timeline import load_json
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import as_float, as_int, as_text
from ecoanalysis.importers.times import NS, parse_time, zone_of
from ecoanalysis.units import J_PER_KWH

TITLE = "BoAmps report JSON"
_MEASURED = ("wattmeter", "nvml", "rapl", "ecoanalysis")


def sniff(head: Head) -> bool:
    """Say whether it is JSON with BoAmps' measures."""
    return (
        head.text.lstrip().startswith("{") and '"measures"' in head.text and '"powerConsumption"' in head.text
    )


def read(head: Head, options: Options) -> Imported:
    """Return one result per measure, at the node: what the tool summed."""
    document = load_json(head)
    measures = document.get("measures")
    if not isinstance(measures, list):
        raise EcoError(f"{head.path}: `measures` is not a list", "check the report against the BoAmps schema")
    draft = Draft(head, "boamps", dataset="boamps")
    draft.note("energy_named_power", "powerConsumption is an energy in kWh, whatever its name")
    for place, measure in enumerate(found for found in measures if isinstance(found, dict)):
        _one(draft, place, measure, document, options)
    return draft.finish(len(measures))


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a section of the report, empty when it is missing."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _one(
    draft: Draft, place: int, measure: dict[str, Any], document: dict[str, Any], options: Options
) -> None:
    """Keep one measure."""
    task = _part(document, "task")
    algorithms = task.get("algorithms")
    first = algorithms[0] if isinstance(algorithms, list) and algorithms else {}
    algorithm = first if isinstance(first, dict) else {}
    components = _part(document, "infrastructure").get("components")
    parts = [part for part in components if isinstance(part, dict)] if isinstance(components, list) else []
    gpu = next((part for part in parts if part.get("componentType") == "gpu"), None) or (
        parts[0] if parts else {}
    )
    method = as_text(measure.get("measurementMethod")) or "unknown"
    kwh, duration = as_float(measure.get("powerConsumption")), as_float(measure.get("measurementDuration"))
    items = as_float(task.get("nbRequest"))
    config = Config(
        task=as_text(task.get("taskFamily")) or "unknown",
        model=as_text(algorithm.get("foundationModelName") or algorithm.get("algorithmName")) or "unknown",
        framework=as_text(algorithm.get("framework")) or "unknown",
        precision=precision_name(algorithm.get("quantization")),
        item_unit="request",
        params_count=_params(algorithm),
    )
    device = draft.device(
        as_text(gpu.get("componentName")) or "unknown", kind="platform", boundary="node", sensor=method
    )
    ended = parse_time(measure.get("measurementDateTime"), zone_of(options))[0]
    if kwh is None or kwh <= 0:
        draft.note("no_energy", f"measure {place}: no energy", severity="warning")
    draft.result(
        place, config, device_id=device, item_unit="request", items_count=items, boundary="node",
        duration_s=duration, energy_j=None if kwh is None or kwh <= 0 else kwh * J_PER_KWH,
        basis="measured" if method.lower() in _MEASURED else "estimated", method=f"BoAmps: {method}",
        quality_value=as_float(task.get("measuredAccuracy")),
        quality_metric="accuracy" if as_float(task.get("measuredAccuracy")) is not None else None,
        region=as_text(_part(document, "environment").get("country")),
        started_utc_ns=None if ended is None or duration is None else ended - round(duration * NS),
    )  # fmt: skip


def _params(algorithm: dict[str, Any]) -> int | None:
    """Return the number of parameters; the standard gives billions."""
    billions = as_float(algorithm.get("parametersNumber"))
    return as_int(None if billions is None else billions * 1e9)
