"""BoAmps reports (Boavizta, AFNOR SPEC 2314), whichever tool wrote them; `powerConsumption` is an energy."""

import re
from dataclasses import replace
from datetime import UTC
from typing import Any

from collectors.trace.records import Config
from ecoanalysis.errors import EcoError
from ecoanalysis.identity.tasks import find_task
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlenergy_timeline import load_json
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import as_float, as_int, as_text, product
from ecoanalysis.importers.times import NS, parse_time, zone_of
from ecoanalysis.importers.tool_run import uuid_of
from ecoanalysis.store.imported import BASES, BOUNDARIES
from ecoanalysis.units import J_PER_KWH

TITLE = "BoAmps report JSON"
LAYOUT = "own"
_FIRST_NAMES = {  # of the format of 2023, when the project was called ai-power-measures-sharing
    "measurement_method": "measurementMethod", "cpu_tracking_mode": "cpuTrackingMode",
    "gpu_tracking_mode": "gpuTrackingMode", "measureDuration": "measurementDuration",
    "measureDateTime": "measurementDateTime", "duration": "measurementDuration",
}  # fmt: skip
_GPUS = ("gpu", "accelerator")
_METERS = re.compile(r"wattmeter|nvml|rapl|nvidia-smi|perf\b|measured|derived|ecoanalysis", re.IGNORECASE)
_MODELS = re.compile(
    r"constant|specification|fitted|estimat|tdp|model|load|carbonai|ecologits", re.IGNORECASE
)
# What our own export says of a measure beyond the standard's fields.
_OURS = re.compile(
    rf"^one item is one (\w+); boundary: ({'|'.join(BOUNDARIES)}), .*; basis: ({'|'.join(BASES)});"
)
# The format of 2024 named the unit in a field of its own; since then it is kWh.
_UNITS_J = {
    "mWh": 3.6, "Wh": 3.6e3, "kWh": J_PER_KWH, "MWh": 3.6e9, "GWh": 3.6e12, "kJoule": 1e3, "MJoule": 1e6,
    "GJoule": 1e9, "TJoule": 1e12, "PJoule": 1e15, "BTU": 1055.06,
}  # fmt: skip


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
    draft.note("named_power", "powerConsumption is an energy, whatever its name")
    found = [
        {_FIRST_NAMES.get(str(name), str(name)): value for name, value in measure.items()}
        for measure in measures
        if isinstance(measure, dict)
    ]
    for place, measure in enumerate(found):
        _one(draft, place, measure, document, options)
    if not found:
        raise EcoError(f"{head.path}: no measure in it", "check the report against the BoAmps schema")
    return draft.finish(len(found))


def _part(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a section of the report, empty when it is missing."""
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _one(
    draft: Draft, place: int, measure: dict[str, Any], document: dict[str, Any], options: Options
) -> None:
    """Keep one measure."""
    task = _part(document, "task")
    method = as_text(measure.get("measurementMethod")) or "unknown"
    ours = _OURS.match(as_text(task.get("taskDescription")) or "")
    boundary = ours[2] if ours else _boundary(method, measure)
    energy_j = _energy(draft, place, measure)
    unit, items = _items(task)
    config = replace(_config(task, unit), accelerators_count=_gpus(document))
    if ours:
        config, unit = replace(config, item_unit=ours[1]), ours[1]
    duration = as_float(measure.get("measurementDuration"))
    device = draft.device(
        _device_name(document, boundary),
        kind={"board": "gpu", "package": "cpu", "wall": "wall"}.get(boundary, "platform"),
        boundary=boundary,
        sensor=method,
    )
    said, naive = parse_time(measure.get("measurementDateTime"), UTC if ours else zone_of(options))
    if naive and options.tz is None and not ours:
        draft.naive_times()
    if said is not None and "codecarbon" in method.lower():  # its reports bear the time of their writing
        said = None if duration is None else said - round(duration * NS)
    accuracy = as_float(task.get("measuredAccuracy"))
    draft.result(
        place, config, part=boundary, device_id=device, item_unit=unit, items_count=items,
        boundary=boundary, duration_s=duration, energy_j=energy_j,
        basis=ours[3] if ours else _basis(method, measure, boundary),
        method=f"BoAmps: {method}", quality_value=accuracy,
        quality_metric="accuracy" if accuracy is not None else None,
        region=as_text(_part(document, "environment").get("country")), started_utc_ns=said,
        extra={"tool_run": _run(document, method)},
    )  # fmt: skip


def _run(document: dict[str, Any], method: str) -> str | None:
    """Return the run that a report is of: CodeCarbon gives its reports the id of the run."""
    told = as_text(_part(document, "header").get("reportId")) if method.lower() == "codecarbon" else None
    return uuid_of(told)


def _config(task: dict[str, Any], unit: str) -> Config:
    """Return what ran, by the first algorithm of the task."""
    algorithms = task.get("algorithms")
    first = algorithms[0] if isinstance(algorithms, list) and algorithms else {}
    algorithm = first if isinstance(first, dict) else {}
    stage = (as_text(task.get("taskStage")) or "").lower()
    trains = "training" in stage or "finetuning" in stage
    tokens = _tokens(task) if unit == "request" else dict.fromkeys(("input", "output"))
    model = as_text(algorithm.get("foundationModelName") or algorithm.get("algorithmName")) or "unknown"
    family = as_text(task.get("taskFamily"))
    known = find_task(family)
    return Config(
        task="training" if trains else known.name if known else family or "unknown",
        modality=known.modality if known else None,
        model=model,
        framework=as_text(algorithm.get("framework")) or "unknown",
        framework_version=as_text(algorithm.get("frameworkVersion")),
        precision=precision_name(algorithm.get("quantization"), model),
        item_unit=unit,
        input_tokens=tokens["input"],
        output_tokens=tokens["output"],
        params_count=_params(algorithm),
    )


def _energy(draft: Draft, place: int, measure: dict[str, Any]) -> float | None:
    """Return the energy [J]; an unknown unit, or an energy of zero, is none."""
    said = as_text(measure.get("unit"))
    factor = J_PER_KWH if said is None else _UNITS_J.get(said)
    if factor is None:
        draft.note(
            "unknown_unit", f"measure {place}: {said!r} is no unit of energy: left out", None, "warning"
        )
    elif said is not None and said != "kWh":
        draft.note("unit_field", f"measure {place}: energy in {said}, as its `unit` says")
    energy_j = product(as_float(measure.get("powerConsumption")), factor)
    if energy_j is not None and energy_j > 0:
        return energy_j
    draft.note("no_energy", f"measure {place}: no energy", severity="warning")
    return None


def _modes(measure: dict[str, Any]) -> list[str]:
    """Return the tracking modes that a measure states, of CPU and GPU."""
    return [text for name in ("cpuTrackingMode", "gpuTrackingMode") if (text := as_text(measure.get(name)))]


def _boundary(method: str, measure: dict[str, Any]) -> str:
    """Return what a measure covers: the wall, one kind of part whose tracking mode alone is stated, else the node."""
    if "wattmeter" in method.lower():
        return "wall"
    cpu, gpu = (as_text(measure.get(name)) for name in ("cpuTrackingMode", "gpuTrackingMode"))
    return "board" if gpu and not cpu else "package" if cpu and not gpu else "node"


def _basis(method: str, measure: dict[str, Any], boundary: str) -> str:
    """Return `measured` where meters are named and no model is; a sum of CodeCarbon always has modelled memory."""
    modes = _modes(measure)
    if (
        any(_MODELS.match(mode) for mode in modes)
        or _MODELS.search(method)
        or (boundary == "node" and "codecarbon" in method.lower())
    ):
        return "estimated"
    metered = all(_METERS.search(mode) for mode in modes) if modes else _METERS.search(method)
    return "measured" if metered else "estimated"


def _device_name(document: dict[str, Any], boundary: str) -> str:
    """Return the name of the component that a measure is of: the processor of a package, else the accelerator."""
    components = _part(document, "infrastructure").get("components")
    parts = [part for part in components if isinstance(part, dict)] if isinstance(components, list) else []
    wanted = ("cpu",) if boundary == "package" else (*_GPUS, "cpu")
    for kind in wanted:
        for part in parts:
            name = as_text(part.get("componentName"))
            if kind == (as_text(part.get("componentType")) or name or "").lower():
                described = " ".join(
                    text
                    for field in ("manufacturer", "family", "series")
                    if (text := as_text(part.get(field)))
                )
                return name if name and name.lower() != kind else described or "unknown"
    return next((name for part in parts if (name := as_text(part.get("componentName")))), "unknown")


def _gpus(document: dict[str, Any]) -> int | None:
    """Return how many accelerators the infrastructure lists, None where it lists none with a number."""
    parts = _dictionaries(_part(document, "infrastructure").get("components"))
    found = [
        count
        for part in parts
        if any(
            (as_text(part.get(field)) or "").lower() in _GPUS for field in ("componentType", "componentName")
        )
        and (count := as_int(part.get("nbComponent")))
    ]
    return sum(found) or None


def _items(task: dict[str, Any]) -> tuple[str, float | None]:
    """Return the unit of what is counted and its count: requests, else the tokens of the output."""
    properties = _inference(task)
    for requests in (as_float(task.get("nbRequest")), as_float(properties.get("nbRequest"))):
        if requests is not None and requests > 0:
            return "request", requests
    tokens = _tokens(task)["output"]
    return ("request", None) if tokens is None else ("token", tokens)


def _tokens(task: dict[str, Any]) -> dict[str, float | None]:
    """Return the tokens of the input and of the output: of a mean request where requests are counted."""
    found = {
        usage: as_float(_inference(task).get(f"nbTokens{usage.title()}")) for usage in ("input", "output")
    }
    for one in _dictionaries(task.get("dataset")):
        usage = one.get("dataUsage")
        if usage in found and one.get("dataType") == "token":
            found[usage] = as_float(one.get("dataQuantity"))
    return found


def _inference(task: dict[str, Any]) -> dict[str, Any]:
    """Return what the formats of 2023 and 2024 say of the inferences, within the first data set; empty for others."""
    first = next(iter(_dictionaries(task.get("dataset"))), {})
    said = next(iter(_dictionaries(first.get("inferenceProperties"))), {})
    return {**said, **next(iter(_dictionaries(said.get("parametersNLP"))), {})}


def _dictionaries(node: object) -> list[dict[str, Any]]:
    """Return the dictionaries of a list, or a dictionary that stands where a list should."""
    return [one for one in (node if isinstance(node, list) else [node]) if isinstance(one, dict)]


def _params(algorithm: dict[str, Any]) -> int | None:
    """Return the number of parameters; the standard gives billions."""
    billions = as_float(algorithm.get("parametersNumber"))
    return as_int(None if billions is None else billions * 1e9)
