"""carbontracker logs: power per component and epoch, and the total with a PUE in it."""

from pathlib import Path

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.carbontracker_epochs import (
    TRAINING,
    Epoch,
    devices_of,
    epochs,
    modelled_cpu,
    started_utc_ns,
)
from ecoanalysis.importers.carbontracker_totals import keep_totals, standard_log
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head, read_text
from ecoanalysis.importers.times import zone_of
from ecoanalysis.importers.tool_run import carbontracker_run

TITLE = "carbontracker log and output log"
LAYOUT = "log"
_METERED = "carbontracker: mean power · devices · time"
_MODELLED = "carbontracker: half the TDP of the processor's name · time"
_NOTHING_FOUND = "No components were available"


def sniff(head: Head) -> bool:
    """Say whether it is one of carbontracker's two logs (its error log has no energy)."""
    return "carbontracker version" in head.text or "CarbonTracker:" in head.text


def read(head: Head, options: Options) -> Imported:
    """Return a result per epoch and component from the standard log, or the total from the output log."""
    text = read_text(head)
    beside = standard_log(head.path)
    draft = Draft(head, "carbontracker", dataset="carbontracker", companions=[beside] if beside else [])
    totals = "CarbonTracker:" in text
    kept = keep_totals(draft, text, head.path) if totals else _keep_epochs(draft, text, options)
    if not kept and _NOTHING_FOUND in text:
        raise EcoError(
            f"{head.path}: carbontracker found nothing that it can meter, so nothing was",
            "run it where RAPL can be read, or an NVIDIA GPU is",
        )
    if not kept:
        raise EcoError(
            f"{head.path}: no energy in this log",
            "import the *_carbontracker.log, or the *_output.log, of a run that ended",
        )
    return draft.finish(draft.kept_count)


def _keep_epochs(draft: Draft, text: str, options: Options) -> int:
    """Keep the epochs of a standard log; return how many results they have."""
    devices, zone = devices_of(text), zone_of(options)
    found = epochs(text, devices)
    if options.tz is None and any(epoch.stamp for epoch in found):
        draft.naive_times()
    _doubts(draft, found, devices)
    guessed = modelled_cpu(devices)
    if guessed and any("cpu" in epoch.powers_w for epoch in found):
        said = (
            f"the CPU bears the name {guessed}, not RAPL's: its power is half a TDP of a table, not a reading"
        )
        draft.note("constant_cpu_power", said, "take the GPU's energy", "warning")
    kept, tool_run = 0, carbontracker_run(Path(draft.source.path))
    for place, epoch in enumerate(found):
        for kind, power in epoch.powers_w.items():
            if not power:
                said = f"{kind}: no power in epoch {epoch.number}: taken as not measured"
                draft.note("no_energy", said, severity="warning")
        powers = {kind: power for kind, power in epoch.powers_w.items() if power}
        if epoch.duration_s is None:
            continue
        for part, (names, boundary, watts) in _parts(draft, powers, devices).items():
            draft.result(
                place, TRAINING, part, label=f"epoch {epoch.number}", duration_s=epoch.duration_s,
                energy_j=watts * epoch.duration_s, boundary=boundary, started_utc_ns=started_utc_ns(epoch, zone),
                method=_MODELLED if part == "cpu" and guessed else _METERED,
                basis="estimated" if part == "cpu" and guessed else "measured",
                device_id=_device(draft, part, names, boundary), item_unit="epoch", items_count=1.0,
                extra={"tool_run": tool_run},
            )  # fmt: skip
            kept += 1
    return kept


def _parts(
    draft: Draft, powers: dict[str, float], devices: dict[str, list[str]]
) -> dict[str, tuple[list[str], str, float]]:
    """Return (devices, boundary, power [W]) by part: each component, and where DRAM is in one, all that is metered.

    carbontracker adds the CPU's package and its DRAM up: what it says of the CPU is of neither boundary, but the sum
    of all components is that of a node.
    """
    names = {kind: devices.get(kind, ["unknown"]) for kind in powers}
    with_dram = any(name.startswith("dram") for name in names.get("cpu", []))
    parts = {}
    if "gpu" in powers:
        parts["gpu"] = (names["gpu"], "board", powers["gpu"])
    if with_dram:
        draft.note(
            "cpu_and_dram", "cpu is the package and DRAM together: only the sum of all stands, as node"
        )
        if len(powers) == len(devices):
            parts["node"] = (
                [name for group in names.values() for name in group],
                "node",
                sum(powers.values()),
            )
    elif "cpu" in powers:
        parts["cpu"] = (names["cpu"], "package", powers["cpu"])
    return parts


def _device(draft: Draft, part: str, names: list[str], boundary: str) -> int:
    """Keep the devices of a part as one; return its id."""
    kind = "platform" if boundary == "node" else part
    return draft.device(", ".join(names), kind=kind, boundary=boundary, sensor="carbontracker")


def _doubts(draft: Draft, found: list[Epoch], devices: dict[str, list[str]]) -> None:
    """Note what is doubtful about the epochs."""
    if any(len(names) > 1 for names in devices.values()) and not all(epoch.per_device for epoch in found):
        said = "carbontracker 2 averages power over the devices of a component: multiplied by their number"
        draft.note("mean_over_devices", said, severity="warning")
    if not devices:
        said = "no line says which components were found: one device of each is taken"
        draft.note("devices_not_stated", said, severity="warning")
    unreadable = [epoch.number for epoch in found if epoch.unreadable]
    if unreadable:
        said = f"{_named(unreadable)}: a time or a power cannot be read"
        draft.note("unreadable_lines", said, severity="warning")
    denied = [epoch.number for epoch in found if epoch.denied]
    if denied:
        said = f"{_named(denied)}: not the components of the log's head, or a duration longer than its stamps allow"
        draft.note("contradicting_numbers", said, "look at these lines of the file", "warning")
    numbers = [epoch.number for epoch in found]
    if numbers != list(range(1, len(numbers) + 1)):
        said = f"the epochs are not numbered 1 to {len(numbers)}: some are missing, or there twice"
        draft.note("missing_readings", said, "the log lost lines", "warning")


def _named(numbers: list[int]) -> str:
    """Return the numbers of epochs in words, the first few of many."""
    listed = ", ".join(map(str, numbers[:5]))
    return f"epoch{'s' * (len(numbers) > 1)} {listed}" + (" …" if len(numbers) > 5 else "")
