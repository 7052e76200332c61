"""All checks over a database; what they find becomes notes."""

from collections.abc import Callable, Iterator
from dataclasses import astuple

import duckdb

from collectors.trace.records import Note
from ecoanalysis.importers.checks import (
    clocks,
    copies,
    counters,
    labels,
    meters,
    power,
    repeats,
    shares,
    sums,
    traces,
    versions,
)
from ecoanalysis.importers.checks.facts import PREFIX, Facts, load_facts
from ecoanalysis.store.transaction import transaction

CHECKS: tuple[Callable[[Facts], Iterator[Note]], ...] = (
    power.implausible_watts,
    power.energy_not_power_times_time,
    sums.energy_not_power_times_duration,
    sums.sum_of_parts,
    sums.grid_factors,
    sums.few_tokens,
    meters.meter_elsewhere,
    meters.binary_utilization,
    power.constant_cpu_power,
    traces.constant_readings,
    power.not_positive,
    power.zero_beside_energy,
    power.below_zero,
    power.no_energy,
    power.beyond_any_device,
    power.below_any_device,
    power.power_outliers,
    shares.modelled_memory,
    shares.all_gpus_charged,
    labels.label_against_framework,
    labels.rate_above_peak,
    repeats.duplicated_rows,
    repeats.cumulative_rows,
    copies.run_told_twice,
    clocks.time_zone_offset,
    clocks.window_energy,
    traces.negative_readings,
    traces.implausible_readings,
    traces.readings_beyond_any_device,
    traces.readings_beyond_known_boards,
    traces.idle_boards,
    traces.spikes,
    counters.jumps,
    traces.repeated_times,
    versions.changed_file,
)


def run_checks(con: duckdb.DuckDBPyConnection) -> list[Note]:
    """Return what all checks find, in their order; nothing is written."""
    facts = load_facts(con)
    return [note for check in CHECKS for note in check(facts)]


def write_checks(con: duckdb.DuckDBPyConnection) -> list[Note]:
    """Run all checks and replace their notes in the database; return the notes.

    Derived tables are stale where a note of severity error came or went: rebuild after this.
    """
    notes = run_checks(con)
    with transaction(con):
        con.execute("DELETE FROM note WHERE starts_with(code, ?)", [PREFIX])
        columns = list(zip(*(astuple(note) for note in notes), strict=True))
        if columns:
            con.execute(
                f"INSERT INTO note SELECT {', '.join('unnest(?)' for _ in columns)}",
                [list(column) for column in columns],
            )
    return notes
