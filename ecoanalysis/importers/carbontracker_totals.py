"""carbontracker's output log: what a run took in all, the PUE divided out; predictions are no measurements."""

import re
from pathlib import Path

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.carbontracker_epochs import TRAINING, devices_of
from ecoanalysis.importers.contract import sibling
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import open_head
from ecoanalysis.importers.recorded import unknown_config
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.tool_run import carbontracker_run
from ecoanalysis.units import J_PER_KWH

_PUE = 1.58  # carbontracker 2.x: "Daniel Bizo, 2023, Uptime Institute"; written in the standard log's second line
_TOTAL = re.compile(
    r"(Actual|Predicted) consumption(?: for (\d+) epoch\(s\))?:"
    r"\s*Time:\s*(?:(\d+) days?, )?(\d+):(\d{2}):(\d{2})\s*\n"
    r"\s*Energy:\s*([\d.eE+-]+) kWh\s*CO2eq:\s*([\d.eE+-]+) g"
)
_STATED_PUE = re.compile(r"PUE coefficient of (\d+\.\d+)")
_INTENSITY = re.compile(r"Average carbon intensity during training was (\d+\.?\d*) gCO2(?:eq)?/kWh")
_ROUNDING_KWH, _ROUNDING = 1e-6, 0.005  # version 1 writes six decimals


def keep_totals(draft: Draft, text: str, path: Path) -> int:
    """Keep the totals of an output log; return how many."""
    devices = devices_of(text)
    names = [name for group in devices.values() for name in group]
    pue = _pue(draft, text, path)
    kept = 0
    for kind, count, days, hours, minutes, seconds, kwh, co2 in _TOTAL.findall(text):
        energy = as_float(kwh)
        if kind == "Predicted":
            draft.note("prediction", "carbontracker's predicted consumption is left out")
            continue
        if energy is None or energy <= 0:
            hint = "run it with the rights that its log asks for"
            draft.note("no_energy", "0 kWh: the sensors could not be read", hint, "warning")
            continue
        _doubts(draft, text, energy, as_float(co2), many=len(names) > len(devices))
        name = ", ".join(names) or "unknown"
        device = draft.device(name, kind="platform", boundary="node", sensor="carbontracker")
        draft.result(
            kept, TRAINING if count else unknown_config(), "total", device_id=device, energy_j=energy * J_PER_KWH / pue,
            boundary="node", basis="estimated", method="carbontracker: actual consumption, PUE divided out",
            co2_g_reported=as_float(co2), items_count=as_float(count),
            extra={"pue_divided_out": pue, "tool_run": carbontracker_run(path)},
            item_unit="epoch" if count else "inference",
            duration_s=float(int(days or 0) * 86_400 + int(hours) * 3600 + int(minutes) * 60 + int(seconds)),
        )  # fmt: skip
        kept += 1
    return kept


def standard_log(path: Path) -> Path | None:
    """Return the standard log that an output log was written beside, None where it is not there."""
    return (
        sibling(path, path.name.replace("_output.log", ".log")) if path.name.endswith("_output.log") else None
    )


def _pue(draft: Draft, text: str, path: Path) -> float:
    """Return the PUE that the totals contain: as the log states it, or the standard log beside it, else of 2.x."""
    beside = standard_log(path)
    try:
        more = open_head(beside).text if beside else ""
    except EcoError:
        more = ""
    stated = _STATED_PUE.search(text) or _STATED_PUE.search(more)
    if stated:
        draft.note("pue_in_energy", f"the energy contained a PUE of {stated[1]}: divided out")
        return max(float(stated[1]), 1.0)
    draft.note(
        "pue_assumed", f"the energy contains a PUE that this log does not state: {_PUE:g} divided out, as 2.x has it; "
        "older versions took up to 1.67", "keep the run's *_carbontracker.log beside it: it does", "warning",
    )  # fmt: skip
    return _PUE


def _doubts(draft: Draft, text: str, kwh: float, co2_g: float | None, *, many: bool) -> None:
    """Note a CO2 that is not energy times intensity, and devices that were averaged."""
    intensity = _INTENSITY.search(text)
    expected = kwh * float(intensity[1]) if intensity else None
    if expected is not None and co2_g is not None:
        slack = _ROUNDING * expected + _ROUNDING_KWH * float(intensity[1] if intensity else 0)
        if abs(co2_g - expected) > slack:
            said = f"{co2_g:g} g of CO2 are not {kwh:g} kWh times the intensity, {expected:g} g"
            draft.note("contradicting_numbers", said, "look at these lines of the file", "warning")
    if many and "gCO2/kWh" not in text:
        said = "several devices of one component: the total is too low, carbontracker 2 averaged them"
        draft.note("mean_over_devices", said, severity="warning")
