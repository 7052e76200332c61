"""What an import brought, in words: the energies and what they cover, what the files leave open, the next command."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ecoanalysis.store.frame import frame

if TYPE_CHECKING:
    import duckdb

_GROUPS = 12
_NAMES = 3
_SAID = {"items": "1000", "model": "NAME", "precision": "fp16"}  # what --set may say, and an example of it

_ENERGIES = """
WITH told AS (
    SELECT *, CASE WHEN excluded NOT IN ('no energy per item', 'no items counted') THEN excluded END AS why
    FROM measurement WHERE list_contains(?::BIGINT[], source_id))
SELECT dataset, boundary, basis, coalesce(item_unit, 'item') AS unit, energy_per_item_j IS NOT NULL AS per_item,
    count(*) AS n, min(energy_per_item_j) AS low_j, max(energy_per_item_j) AS high_j,
    coalesce(sum(energy_j) FILTER (why IS NULL), sum(energy_j)) AS sum_j,
    coalesce(sum(duration_s) FILTER (why IS NULL), sum(duration_s)) AS duration_s,
    count(why) AS out, mode(why) AS why, count(DISTINCT why) AS whys_count
FROM told GROUP BY ALL ORDER BY dataset, n DESC, boundary, basis, unit
"""
_OPEN = """
SELECT model, precision, energy_per_item_j IS NULL AND energy_j IS NOT NULL AS uncounted, source.path,
    config.params_count IS NOT NULL AS sized
FROM measurement JOIN config ON config.id = config_id JOIN source ON source.id = source_id
WHERE list_contains(?::BIGINT[], source_id) ORDER BY path
"""
_PLACES = """
SELECT DISTINCT region, json_extract(extra, '$.pue_divided_out')::DOUBLE AS pue FROM result
WHERE list_contains(?::BIGINT[], source_id)
"""


def energies(con: "duckdb.DuckDBPyConnection", source_ids: Sequence[int]) -> list[str]:
    """Return a line per data set, boundary, basis and item: how many energies, from where to where, or in all."""
    rows = frame(con, _ENERGIES, [list(source_ids)])
    lines = [_energy(row) for row in rows.head(_GROUPS).iter_rows(named=True)]
    if rows.height > _GROUPS:
        lines.append(f"… and {rows.height - _GROUPS} more kinds: eco report")
    return lines


def _energy(row: dict[str, Any]) -> str:
    """Return the words of one group of energies."""
    what = f"{row['dataset']}: {row['n']} × {row['boundary']}, {row['basis'] or 'no energy'}"
    if row["per_item"]:
        span = _joule(row["low_j"], row["basis"])
        if row["high_j"] != row["low_j"]:
            span += f" to {_joule(row['high_j'], row['basis'])}"
        return f"{what}: {span} per {row['unit']}{_out(row)}"
    if row["sum_j"] is None:
        return f"{what}: power or utilisation only, no energy"
    long = f" in {row['duration_s']:.4g} s" if row["duration_s"] else ""
    return f"{what}: {_joule(row['sum_j'], row['basis'])}{long} in all, items not counted{_out(row)}"


def _out(row: dict[str, Any]) -> str:
    """Return how many of a group are out of use, and for what."""
    if not row["out"]:
        return ""
    why = row["why"].removeprefix("note: ").removeprefix("check_").replace("_", " ")
    return f"; {row['out']} out of use ({'mostly ' if row['whys_count'] > 1 else ''}{why})"


def _joule(value: float, basis: str | None) -> str:
    """Return an energy in words."""
    from ecoanalysis.records import Quantity
    from ecoanalysis.report.numbers import text

    return text(Quantity(value, "J", basis or "measured", None)).replace("\u202f", " ")  # type: ignore[arg-type]


def left_open(con: "duckdb.DuckDBPyConnection", source_ids: Sequence[int], database: str) -> list[str]:
    """Return what the files do not say and a report needs, with the command that says it; `database` ends commands."""
    from ecoanalysis.identity.precisions import find_precision

    rows = frame(con, _OPEN, [list(source_ids)])
    unnamed = pl.col("model").fill_null("unknown") == "unknown"
    unprecise = pl.col("precision").fill_null("unknown") == "unknown"
    lacking = {
        "items": rows.filter("uncounted"),
        "model": rows.filter(unnamed),
        "precision": rows.filter(unprecise),
    }
    lines = []
    asked = {name: part for name, part in lacking.items() if part.height}
    if "items" in asked or "model" in asked:
        said = ", ".join(f"{name} of {part.height}" for name, part in asked.items())
        path = next(iter(asked.values()))["path"][0]
        words = " ".join(f"--set {name}={_SAID[name]}" for name in asked)
        command = f"eco import {words} {shlex.quote(path)}{database}"
        lines.append(f"open, of {rows.height} energies: {said}; say it, for each record alike: {command}")
    unknown = rows.filter(~unnamed & ~pl.col("sized"))["model"].unique().sort().to_list()
    if unknown:
        lines.append(f"no size is known of {_listed(unknown)}: no ESS of it, and no prediction")
    strange = [
        name for name in rows.filter(~unprecise)["precision"].unique().sort() if not find_precision(name)
    ]
    if strange:
        lines.append(f"no precision of our tables: {_listed(strange)}")
    return lines


def next_report(con: "duckdb.DuckDBPyConnection", source_ids: Sequence[int], database: str) -> str:
    """Return the command of the report, with the place that all of the files state, where they state one."""
    from ecoanalysis.impact.factor import find_factor

    rows = frame(con, _PLACES, [list(source_ids)])
    words = ""
    named = [find_factor("carbon", name) for name in rows["region"].drop_nulls().unique().to_list()]
    if len(named) == 1 and named[0]:
        words += f" --region {named[0].region}"
    pues = rows["pue"].drop_nulls().unique().to_list()
    if len(pues) == 1:
        words += f" --pue {pues[0]:g}"
    said = f" (the file{'s say' if len(source_ids) > 1 else ' says'} so)" if words else ""
    return f"eco report{words}{database}{said}"


def database_words(database: Path | None) -> str:
    """Return how a command names the database, nothing for the usual one."""
    return "" if database is None else f" --database {shlex.quote(str(database))}"


def _listed(names: list[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
