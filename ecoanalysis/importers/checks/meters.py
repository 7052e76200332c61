"""Meters that measure something else than what they stand beside: another outlet, a utilisation of two values."""

from collections.abc import Iterator

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts

_PAIRS = 10
_MOVES = 0.3  # of its largest power: a board that moves less says nothing about the meter
_FOLLOWS = 0.3  # watts at the wall per watt of the board; power supplies make it 1.0 to 1.2
_ROWS, _TWO_VALUES, _NEAR, _SPREAD = 20, 0.95, 0.02, 0.15


def meter_elsewhere(facts: Facts) -> Iterator[Note]:
    """Find wall meters whose power does not rise with the board's: such a meter was at another outlet.

    One error a meter puts all its results out of use; where another board at it does follow, only the results beside
    the board that does not. A device counts from ten rows with both powers on, where the board's power moves.
    """
    for (source, meter), found in _pairs(facts).group_by("source_id", "meter", maintain_order=True):
        slopes = {
            str(device): (slope, rows)
            for (device,), rows in found.group_by("device", maintain_order=True)
            if (slope := _slope(rows)) is not None
        }
        strays = {device: seen for device, seen in slopes.items() if seen[0] < _FOLLOWS}
        for device, (slope, rows) in strays.items():
            barred: list[dict[str, int]] = [{"device_id": int(str(meter))}]
            if len(strays) < len(slopes):
                barred = [{"result_id": result} for result in rows["result_id"]]
            text = (
                f"{device}: the wall's power rises by {slope:.2f} W per W of the board in {rows.height} rows"
            )
            for which in barred:
                yield Note(
                    "check_meter_elsewhere", text, "error", "the meter is at another outlet: take the board's power",
                    source_id=int(str(source)), **which,
                )  # fmt: skip


def _pairs(facts: Facts) -> pl.DataFrame:
    """Return the results of wall meters with the power of a board in the same row."""
    keys = ("source_id", "row_number")
    rows = facts.results.filter(pl.col("mean_power_w") > 0)
    boards = rows.filter(pl.col("boundary") == "board").select(
        *keys, "device", pl.col("mean_power_w").alias("board_w")
    )
    walls = rows.filter(pl.col("boundary") == "wall").select(
        *keys, "result_id", pl.col("device_id").alias("meter"), pl.col("mean_power_w").alias("wall_w")
    )
    return walls.join(boards, on=keys, how="inner", maintain_order="left")


def _slope(found: pl.DataFrame) -> float | None:
    """Return the watts at the wall per watt of the board (least squares), None where the board hardly moves."""
    board = found["board_w"]
    low, high = float(board.min()), float(board.max())  # type: ignore[arg-type]
    if found.height < _PAIRS or high - low < _MOVES * high:
        return None
    value = found.select(pl.cov("board_w", "wall_w") / pl.var("board_w")).item()
    return float(value)


def binary_utilization(facts: Facts) -> Iterator[Note]:
    """Find devices whose utilisation is 0 or 100 % and nothing between, while the power at 100 % varies."""
    stated = facts.results.filter(
        pl.col("util_ratio").is_not_null() & (pl.col("boundary") == "board") & (pl.col("mean_power_w") > 0)
    )
    for (source, device), rows in stated.group_by("source_id", "device", maintain_order=True):
        ends = rows.filter((pl.col("util_ratio") <= _NEAR) | (pl.col("util_ratio") >= 1 - _NEAR))
        busy = rows.filter(pl.col("util_ratio") >= 1 - _NEAR)["mean_power_w"]
        if rows.height < _ROWS or ends.height < _TWO_VALUES * rows.height or busy.len() < _ROWS // 2:
            continue
        spread = float(busy.std() or 0.0) / float(busy.mean())  # type: ignore[arg-type]
        if spread > _SPREAD:
            yield Note(
                "check_binary_utilization",
                f"{device}: utilisation is 0 or 100 % in {ends.height} of {rows.height} rows, while the power at 100 % "
                f"varies by {spread:.0%}",
                "warning", "do not model power from this utilisation", source_id=int(str(source)),
            )  # fmt: skip
