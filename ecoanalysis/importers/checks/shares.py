"""Parts charged wrongly: modelled memory that outweighs the meters, a node's GPUs charged to one model."""

from collections.abc import Iterator
from statistics import median

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts

_LARGE_RAM_RATIO = 0.5
_IDLE_SHARE = 0.3  # mean power per board, of its rating, below which most boards must be idle


def modelled_memory(facts: Facts) -> Iterator[Note]:
    """Find sources whose modelled memory is more than half of CPU and GPU together."""
    parts = facts.results.filter(pl.col("boundary").is_in(("board", "package", "dram")))
    rows = parts.group_by("source_id", "row_number").agg(
        pl.col("energy_j")
        .filter((pl.col("boundary") == "dram") & (pl.col("basis") == "estimated"))
        .sum()
        .alias("memory_j"),
        pl.col("energy_j").filter(pl.col("boundary") != "dram").sum().alias("metered_j"),
    )
    large = rows.filter(
        (pl.col("memory_j") > _LARGE_RAM_RATIO * pl.col("metered_j")) & (pl.col("metered_j") > 0)
    )
    for (source,), found in large.group_by("source_id", maintain_order=True):
        over = found.filter(pl.col("memory_j") > pl.col("metered_j")).height
        yield Note(
            "check_modelled_memory",
            f"{found.height} rows: modelled memory is over half of CPU and GPU together ({over}: over both)",
            "warning", "take the GPU's energy, not the sum", source_id=int(str(source)),
        )  # fmt: skip


def all_gpus_charged(facts: Facts) -> Iterator[Note]:
    """Find sources that charge several GPUs, most of them idle by their power, to each model."""
    boards = facts.results.filter(
        (pl.col("boundary") == "board")
        & (pl.col("devices_count") > 1)
        & pl.col("tdp_w").is_not_null()
        & (pl.col("sensor") == "codecarbon")
    )
    share = boards.with_columns(share=pl.col("mean_power_w") / (pl.col("tdp_w") * pl.col("devices_count")))
    for (source, device), rows in share.group_by("source_id", "device", maintain_order=True):
        middle = median(rows["share"].drop_nulls().to_list() or [1.0])
        if middle < _IDLE_SHARE:
            yield Note(
                "check_all_gpus_charged",
                f"{rows['devices_count'][0]} × {device} at {middle:.0%} of their rating (median): "
                "the energy of idle boards is charged to the model",
                "warning", "compare within this source only", source_id=int(str(source)),
            )  # fmt: skip
