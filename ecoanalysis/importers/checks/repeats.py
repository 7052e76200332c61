"""Rows that are there twice, and rows that are running totals."""

from collections.abc import Iterator
from itertools import pairwise
from statistics import fmean, pstdev

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts

_FEW_DIGITS = 4
_ONE_START_NS = 2_000_000_000  # CodeCarbon and its like write times in whole seconds


def duplicated_rows(facts: Facts) -> Iterator[Note]:
    """Find results that repeat an earlier one to ten digits: same work, device, boundary, energy, duration, rate.

    Where the label is another, such as the number of a repetition, chance may do that for numbers of few digits: those
    count under one label only. The later ones are errors, so they are out of use; the first stays.
    """
    rows = facts.results.filter(pl.col("energy_per_item_j").is_not_null() | pl.col("energy_j").is_not_null())
    sizes = ("energy_j", "energy_per_item_j", "duration_s", "throughput_items_per_s", "mean_power_w")
    measured = [pl.coalesce("energy_j", "energy_per_item_j"), pl.col("duration_s")]
    by_chance = pl.all_horizontal(
        (size.round_sig_figs(_FEW_DIGITS) == size).fill_null(True) for size in measured
    )
    keys = (
        rows.with_columns(pl.col(*sizes).round_sig_figs(10))
        .with_columns(label=pl.when(by_chance).then("label"))
        .with_columns(key=pl.struct("config_id", "device_id", "boundary", "label", *sizes))
    )
    later = keys.with_columns(
        place=pl.int_range(pl.len()).over("key"),
        first_row=pl.col("row_number").first().over("key"),
        first_source=pl.col("source_name").first().over("key"),
    ).filter(pl.col("place") > 0)
    for row in later.iter_rows(named=True):
        yield Note(
            "check_duplicated_row",
            f"repeats row {row['first_row']} of {row['first_source']}",
            "error",
            "the first stays in use",
            result_id=row["result_id"],
            source_id=row["source_id"],
        )


def cumulative_rows(facts: Facts) -> Iterator[Note]:
    """Find series of results of one label whose energy and duration only grow from the same start: running totals."""
    rows = facts.results.filter(
        pl.col("label").is_not_null() & (pl.col("energy_j") > 0) & (pl.col("duration_s") > 0)
    )
    groups = rows.sort("row_number").group_by(
        "source_id", "label", "device_id", "boundary", maintain_order=True
    )
    for (source, label, _, boundary), found in groups:
        if found.height < 3:
            continue
        if _running_total(found):
            text = f"{label}, {boundary}: {found.height} rows grow from one start: running totals, the last is the run"
            yield Note(
                "check_cumulative_rows", text, "warning", "do not add them", source_id=int(str(source))
            )


def _running_total(found: pl.DataFrame) -> bool:
    """Say whether energy and duration only grow, at one power, from one start."""
    energies, durations = found["energy_j"].to_list(), found["duration_s"].to_list()
    starts = found["started_utc_ns"].drop_nulls().to_list()
    grows = all(b > a for series in (energies, durations) for a, b in pairwise(series))
    powers = [energy / duration for energy, duration in zip(energies, durations, strict=True)]
    one_start = len(starts) == found.height and max(starts) - min(starts) < _ONE_START_NS
    return grows and one_start and pstdev(powers) < 0.3 * fmean(powers)
