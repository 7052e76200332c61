"""Lines of several devices that take turns: where one is out of turn, a line is missing or there twice."""

import polars as pl

from ecoanalysis.importers.draft import Draft

_FEW = 0.1  # of the lines: where more are out of turn, the tool writes them in no order; rarer devices have no turn


def out_of_turn(devices: pl.Series) -> int:
    """Return at how many lines of a log its devices do not follow one another as in its first lines.

    `devices`: the device of each line, in the order of the file. 0 where the lines are in no such order.
    """
    counts = devices.value_counts()
    often = counts.filter(pl.col("count") > _FEW * pl.col("count").max())[devices.name]
    cycle = devices.filter(devices.is_in(often.implode())).unique(maintain_order=True)
    if devices.n_unique() < 2:
        return 0
    place = devices.replace_strict(cycle, pl.int_range(cycle.len(), eager=True), default=None)
    in_turn = (place - place.shift(1)) % cycle.len() == 1 % cycle.len()
    breaks = devices.len() - 1 - int(in_turn.fill_null(False)[1:].sum())
    return breaks if breaks <= _FEW * devices.len() else 0


def doubt_turns(draft: Draft, breaks: int) -> None:
    """Note lines out of turn."""
    if breaks:
        text = f"at {breaks} places the devices do not take turns as in all other lines"
        draft.note("out_of_turn", text, "lines are missing, or there twice", "warning")
