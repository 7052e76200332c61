"""eco2AI emission.csv: the CPU is always a TDP model, the GPU polled."""

import re

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.naming import precision_name
from ecoanalysis.importers.table import Row, as_float, as_text, read_table, to_numbers
from ecoanalysis.importers.times import parse_time, zone_of
from ecoanalysis.units import J_PER_KWH

TITLE = "eco2AI emission.csv"
_NEED = ("duration(s)", "power_consumption(kWh)")
_CO2 = "CO2_emissions(kg)"
_DEFAULTS = ("", "default project name", "deafult project name", "no experiment description")
_COUNT = re.compile(r"[\s/]*(\d+) device\(s\).*$")
_EPOCH = re.compile(r"epoch: \d+")  # of a training, a row each; its other metrics follow


def sniff(head: Head) -> bool:
    """Say whether the header is eco2AI's."""
    return head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return one result per row, at the node, estimated: it does not part the GPU from the modelled CPU."""
    frame = to_numbers(read_table(head, need=_NEED), *_NEED, _CO2)
    draft = Draft(head, "eco2ai", dataset="eco2ai")
    _say(draft)
    for place, row in enumerate(frame.iter_rows(named=True)):
        kwh, co2 = as_float(row["power_consumption(kWh)"]), as_float(row[_CO2])
        name, count = _device(row)
        device = draft.device(name, kind="platform", boundary="node", sensor="eco2ai")
        started, naive = parse_time(row.get("start_time"), zone_of(options))
        if naive and options.tz is None:
            draft.naive_times()
        if kwh is not None and kwh <= 0:
            draft.note("no_energy", "energy of 0 or less: taken as not measured", severity="warning")
            kwh = None
        epoch = _EPOCH.match(as_text(row.get("epoch")) or "")
        draft.result(
            place, _config(row, of_training=epoch is not None),
            device_id=device, label=epoch[0] if epoch else as_text(row.get("id")),
            energy_j=None if kwh is None else kwh * J_PER_KWH, duration_s=as_float(row["duration(s)"]),
            started_utc_ns=started, boundary="node", basis="estimated",
            method="eco2AI: NVML GPU, TDP model of the CPU, RAM model",
            co2_g_reported=None if co2 is None else co2 * 1e3, region=as_text(row.get("region/country")),
            item_unit="epoch" if epoch else "inference", items_count=1.0 if epoch else None,
            extra={"devices_count": count},
        )  # fmt: skip
    return draft.finish(frame.height)


def _say(draft: Draft) -> None:
    """Keep the notes on what holds for every file of the tool."""
    draft.note("named_power", "power_consumption is an energy in kWh, whatever its name")
    draft.note(
        "modelled_cpu",
        "eco2AI models the CPU as TDP · utilization, TDP being the largest of what its name matches",
        severity="warning",
    )
    draft.note(
        "pue_not_stated", "power_consumption contains the PUE that the tracker was given (1 unless said), which the "
        "file does not state",
    )  # fmt: skip


def _config(row: Row, *, of_training: bool) -> Config:
    """Return what ran, as far as project and description say; what eco2AI writes for want of them is nothing."""
    project, said = (as_text(row.get(name)) or "" for name in ("project_name", "experiment_description"))
    model = "unknown" if project.lower() in _DEFAULTS else project
    task = "unknown" if said.lower() in _DEFAULTS else said
    if of_training or "training" in task.lower():
        task = "training"
    return Config(task=task, model=model, framework="unknown", precision=precision_name(None, model))


def _device(row: Row) -> tuple[str, int | None]:
    """Return what computed and how many of it: the GPUs, else the processor; both stand before "device(s)"."""
    for column in ("GPU_name", "CPU_name"):
        said = as_text(row.get(column)) or ""
        counted = _COUNT.search(said)
        count = int(counted[1]) if counted else None
        name = _COUNT.sub("", said)
        if count == 0:
            continue
        if name or count:
            return name or f"unknown {column[:3]}", count
    return "unknown", None
