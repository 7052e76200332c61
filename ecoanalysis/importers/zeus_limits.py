"""Zeus (NSDI '23) power-limit summary: training epochs under power caps."""

from collectors.trace.records import Config
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.table import as_float, as_text, product, read_table, to_numbers

TITLE = "Zeus power-limit traces, training (NSDI '23)"
_NEED = ("gpu", "network", "batch_size", "power_limit", "time_per_epoch", "average_power")


def sniff(head: Head) -> bool:
    """Say whether the header is that of the summary."""
    return head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return one result per row: the energy of one training epoch, time · mean power. TRAINING, not inference."""
    frame = to_numbers(
        read_table(head, need=_NEED), "batch_size", "power_limit", "time_per_epoch", "average_power"
    )
    draft = Draft(
        head,
        "zeus_limits",
        dataset="zeus_power_limit_training",
        name="Zeus traces",
        licence="Apache-2.0",
        citation="You, Chung, Chowdhury: Zeus, NSDI 2023, arXiv:2208.06102",
        url="https://github.com/SymbioticLab/Zeus",
    )
    for number, row in enumerate(frame.iter_rows(named=True)):
        seconds, power, limit = (
            as_float(row[name]) for name in ("time_per_epoch", "average_power", "power_limit")
        )
        config = Config(
            task="training",
            model=as_text(row["network"]) or "unknown",
            framework="pytorch",
            precision="unknown",
            batch_size=as_float(row["batch_size"]),
            item_unit="epoch",
            dataset=as_text(row.get("dataset")),
            scenario=f"power limit {limit:g} W, {as_text(row.get('optimizer'))}" if limit else None,
            accelerators_count=1,
        )
        device = draft.device(as_text(row["gpu"]) or "unknown", kind="gpu", boundary="board", sensor="nvml")
        draft.result(
            number, config, device_id=device, item_unit="epoch", items_count=1.0, duration_s=seconds,
            mean_power_w=power, energy_j=product(seconds, power), boundary="board",
            method="NVML mean power · time", extra={"power_limit_w": limit},
            batch_size_mean=as_float(row["batch_size"]),
        )  # fmt: skip
    draft.note("training", "training epochs: not to be pooled with inference")
    return draft.finish(frame.height)
