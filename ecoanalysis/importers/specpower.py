"""SPECpower_ssj2008 server results: power at the wall against load, a reference for CPU power, no inference."""

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.table import Row, as_float, as_int, as_text, product, ratio, read_table, to_numbers

TITLE = "SPECpower_ssj2008 server results (two collections)"
_CLEANED = ("100_AvgPower", "10_AvgPower", "ActiveIdle", "HW_CPUName")
_COLLECTED = ("avg. watts @ 100%", "avg. watts @ active idle", "CPU Description")
_LEVELS = tuple(range(100, 0, -10))


def sniff(head: Head) -> bool:
    """Say whether the header is one of the two collections."""
    return head.has(*_CLEANED) or head.has(*_COLLECTED)


def read(head: Head, options: Options) -> Imported:
    """Return one power result per server and load level; there is no item, so no energy per item.

    The task is `server_load`: a Java transaction mix, to fit CPU power on, never to be pooled with inference.
    """
    cleaned = head.has(*_CLEANED)
    raw = read_table(head, need=_CLEANED if cleaned else _COLLECTED)
    numbers = [
        *(f"{level}_AvgPower" for level in _LEVELS),
        "ActiveIdle",
        "TDP",
        "CPUCores",
        "CPUChips",
        "HW_MemAmountGB",
        "CPUThreads",
        "Hardware_Availability_Year",
        *_COLLECTED[:2],
        "# Cores",
        "Chips",
        "Total Memory (GB)",
    ]
    frame = to_numbers(raw, *numbers)
    draft = Draft(
        head,
        "specpower",
        dataset="specpower_ssj2008",
        name="SPECpower_ssj2008",
        licence="SPEC fair use: name SPEC as the source",
        citation="SPECpower_ssj2008 results, spec.org/power_ssj2008",
        url="https://www.spec.org/power_ssj2008",
    )
    for number, row in enumerate(frame.iter_rows(named=True)):
        (_levels if cleaned else _two)(draft, number, row)
    draft.note(
        "reference_only", "server power against load: a reference for CPU power models, no inference in it"
    )
    return draft.finish(frame.height)


def _levels(draft: Draft, number: int, row: Row) -> None:
    """Keep the eleven levels of a server."""
    chips = as_int(row["CPUChips"]) or 1
    cores = as_int(row["CPUCores"])
    facts = {
        "chips": chips,
        "tdp_w_all_chips": product(as_float(row["TDP"]), chips),
        "memory_gb": row["HW_MemAmountGB"],
        "threads": row["CPUThreads"],
        "year": row["Hardware_Availability_Year"],
        "architecture": row.get("Architecture"),
    }
    points = {level / 100: as_float(row[f"{level}_AvgPower"]) for level in _LEVELS} | {
        0.0: as_float(row["ActiveIdle"])
    }
    _keep(draft, number, as_text(row["HW_CPUName"]), as_text(row.get("HW_Model")), cores, facts, points)


def _two(draft: Draft, number: int, row: Row) -> None:
    """Keep full load and idle of a server."""
    facts = {
        "chips": row["Chips"],
        "memory_gb": row["Total Memory (GB)"],
        "published": row.get("Published"),
        "ssj_ops_per_w": as_float(row.get("Result")),
    }
    points = {1.0: as_float(row[_COLLECTED[0]]), 0.0: as_float(row[_COLLECTED[1]])}
    _keep(
        draft,
        number,
        as_text(row["CPU Description"]),
        as_text(row.get("System")),
        as_int(row["# Cores"]),
        facts,
        points,
    )


def _keep(
    draft: Draft,
    number: int,
    cpu: str | None,
    system: str | None,
    cores: int | None,
    facts: dict[str, object],
    points: dict[float, float | None],
) -> None:
    """Keep the load levels that have a power; `extra` holds the load as util_ratio, and the server's facts."""
    idle = points.get(0.0)
    device = draft.device(
        cpu or "unknown", kind="wall", boundary="wall", sensor="spec_ptdaemon", cores_count=cores
    )
    for load, power in sorted(points.items(), reverse=True):
        if power is None or power <= 0:
            continue
        config = Config(
            task="server_load",
            model="ssj2008",
            framework="java",
            precision="unknown",
            item_unit="second",
            scenario=f"load {load:.1f}",
        )
        draft.result(
            number,
            config,
            f"{load:.1f}",
            device_id=device,
            label=system,
            mean_power_w=power,
            boundary="wall",
            method="AC power analyser, SPEC PTDaemon",
            item_unit="second",
            extra={"util_ratio": load, "idle_to_here_ratio": ratio(idle, power), **facts},
        )
