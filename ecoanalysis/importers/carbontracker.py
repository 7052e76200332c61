"""carbontracker logs: mean power over devices per epoch, and the total with a PUE of 1.58 in it."""

import re

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.recorded import unknown_config
from ecoanalysis.importers.table import as_float
from ecoanalysis.importers.times import parse_time, zone_of
from ecoanalysis.units import J_PER_KWH

TITLE = "carbontracker log and output log"
LAYOUT = "log"
_PUE = 1.58  # carbontracker 2.x: "Daniel Bizo, 2023, Uptime Institute"; written in the standard log's second line
_EPOCH = re.compile(r"Epoch (\d+):")
_DURATION = re.compile(r"Duration:\s*(\d+):(\d+):(\d+(?:\.\d+)?)")
_POWER = re.compile(r"Average power usage \(W\) for (gpu|cpu): ([\d.,\[\] ]+|None)")
_FOUND = re.compile(r"(GPU|CPU) with device\(s\) ([^.]+)\.")
_TOTAL = re.compile(
    r"(Actual|Predicted) consumption(?: for \d+ epoch\(s\))?:"
    r"\s*Time:\s*([\d:]+)\s*Energy:\s*([\d.eE+-]+) kWh\s*CO2eq:\s*([\d.eE+-]+) g"
)
_STATED_PUE = re.compile(r"PUE coefficient of ([\d.]+)")


def sniff(head: Head) -> bool:
    """Say whether it is one of carbontracker's two logs (its error log has no energy)."""
    return "carbontracker version" in head.text or "CarbonTracker: " in head.text


def read(head: Head, options: Options) -> Imported:
    """Return a result per epoch and component from the standard log, or the total from the output log."""
    text = read_text(head)
    draft = Draft(head, "carbontracker", dataset="carbontracker")
    kept = _totals(draft, text) if "CarbonTracker: " in text else _epochs(draft, text, options)
    if not kept:
        raise EcoError(
            f"{head.path}: no energy in this log",
            "import the *_carbontracker.log, or the *_output.log, of a run that ended",
        )
    return draft.finish(kept)


def _devices(text: str) -> dict[str, list[str]]:
    """Return the names of the devices by component."""
    return {kind.lower(): [name.strip() for name in names.split(",")] for kind, names in _FOUND.findall(text)}


def _epochs(draft: Draft, text: str, options: Options) -> int:
    """Keep the epochs; carbontracker averages over devices, so power is mean · number of devices."""
    devices = _devices(text)
    first = text.lstrip().split(" - ", 1)[0]
    started, naive = parse_time(first, zone_of(options))
    if naive and options.tz is None:
        draft.note(
            "naive_time", "times carry no zone: taken as UTC", "say --tz, for example --tz Europe/Berlin"
        )
    text_of_mean = "carbontracker averages power over the devices of a component: multiplied by their number"
    draft.note("mean_over_devices", text_of_mean, severity="warning")
    kept = 0
    for place, part in enumerate(re.split(r"(?=Epoch \d+:)", text)[1:]):
        label, duration = _EPOCH.search(part), _DURATION.search(part)
        stated = part.count("Average power usage")
        if not label or not duration or len(_POWER.findall(part)) != stated:
            draft.note(
                "unreadable_lines", f"epoch {label.group(1) if label else '?'}: a time or a power cannot be read",
                severity="warning",
            )  # fmt: skip
        if not label or not duration:
            continue
        seconds = int(duration.group(1)) * 3600 + int(duration.group(2)) * 60 + float(duration.group(3))
        for kind, said in _POWER.findall(part):
            names = devices.get(kind, ["unknown"])
            power = as_float(said.strip(" []\n").split(",")[0].strip())
            if power is None or power <= 0:
                text = f"{kind}: no power in epoch {label.group(1)}: taken as not measured"
                draft.note("no_energy", text, severity="warning")
                continue
            _keep(draft, place, kind, names, label.group(1), seconds, power * len(names), started)
            kept += 1
    return kept


def _keep(
    draft: Draft, place: int, kind: str, names: list[str], epoch: str, seconds: float, power_w: float,
    started_utc_ns: int | None,
) -> None:  # fmt: skip
    """Keep a component's energy in an epoch: power of all its devices · time."""
    boundary = _boundary(draft, kind, names)
    draft.result(
        place, unknown_config(), kind, label=f"epoch {epoch}", duration_s=seconds, energy_j=power_w * seconds,
        device_id=draft.device(", ".join(names), kind=kind, boundary=boundary, sensor="carbontracker"),
        boundary=boundary, method="carbontracker: mean power · devices · time", started_utc_ns=started_utc_ns,
        item_unit="epoch", items_count=1.0,
    )  # fmt: skip


def _boundary(draft: Draft, kind: str, names: list[str]) -> str:
    """Return the boundary of a component: DRAM beside the package makes it a sum."""
    if kind == "gpu":
        return "board"
    if any(name.startswith("dram") for name in names):
        draft.note("cpu_and_dram", "cpu is the package and DRAM together: their sum stands as node")
        return "node"
    return "package"


def _totals(draft: Draft, text: str) -> int:
    """Keep the totals of an output log, the PUE divided out; predictions are no measurements."""
    stated = _STATED_PUE.search(text)
    pue = float(stated.group(1)) if stated else _PUE
    names = [name for group in _devices(text).values() for name in group]
    kept = 0
    for kind, _, kwh, co2 in _TOTAL.findall(text):
        energy = as_float(kwh)
        if kind == "Predicted":
            draft.note("prediction", "carbontracker's predicted consumption is left out")
            continue
        if energy is None or energy <= 0:
            draft.note(
                "no_energy",
                "0 kWh: the sensors could not be read",
                "run it with the rights that its log asks for",
                "warning",
            )
            continue
        device = draft.device(
            ", ".join(names) or "unknown", kind="platform", boundary="node", sensor="carbontracker"
        )
        draft.note("pue_in_energy", f"the energy contained a PUE of {pue:g}: divided out")
        if len(names) > len(_devices(text)):
            draft.note(
                "mean_over_devices",
                "several devices of one component: the total is too low, carbontracker averaged them",
                severity="warning",
            )
        draft.result(
            kept, unknown_config(), "total", device_id=device, energy_j=energy * J_PER_KWH / pue,
            boundary="node", basis="estimated", method="carbontracker: actual consumption, PUE divided out",
            co2_g_reported=as_float(co2), item_unit="inference", duration_s=_clock(text),
            extra={"pue_divided_out": pue},
        )  # fmt: skip
        kept += 1
    return kept


def _clock(text: str) -> float | None:
    """Return the time of the actual consumption [s]."""
    found = re.search(r"Actual consumption[^T]*Time:\s*(?:(\d+) days?, )?(\d+):(\d+):(\d+)", text)
    return (
        None
        if found is None
        else int(found.group(1) or 0) * 86_400
        + int(found.group(2)) * 3600
        + int(found.group(3)) * 60
        + int(found.group(4))
    )
