"""Numbers of one row that must agree: a sum and its parts, energy and power over a duration, CO2 and energy."""

from collections.abc import Iterator
from statistics import median

import polars as pl

from collectors.trace.records import Note
from ecoanalysis.importers.checks.facts import Facts
from ecoanalysis.units import J_PER_KWH

_MISMATCH = 0.05
_SUM_MISMATCH = 0.02
_PARTS = ("board", "package", "dram")
_FACTORS_DIFFER = 1.05
_DIRTIEST_G_PER_KWH = 2000.0  # oil in old plants is near 1,000; anything above is grams read as kilograms
_CLEANEST_G_PER_KWH = (
    1.0  # hydro power alone is stated with 2 to 24; anything below is kilograms read as grams
)
_FEW_TOKENS = 2.0


def energy_not_power_times_duration(facts: Facts) -> Iterator[Note]:
    """Find results whose energy, mean power and duration are all stated and do not agree.

    The duration is that of the energy, where the importer found it to be another than the work's.
    """
    energy, power, duration = (pl.col(name) for name in ("energy_j", "mean_power_w", "metered_s"))
    stated = facts.results.filter((energy > 0) & (power > 0) & (duration > 0))
    off = stated.with_columns(ratio=energy / (power * duration))
    off = off.filter((pl.col("ratio") - 1).abs() > _MISMATCH)
    for (source, device), rows in off.group_by("source_id", "device", maintain_order=True):
        by = median(rows["ratio"].to_list())
        yield Note(
            "check_energy_not_power_times_time",
            f"{device}: {rows.height} energies are {by:.3g} × power · duration (median)",
            "warning", "one of the three columns is in another unit or of another part", source_id=int(str(source)),
        )  # fmt: skip


def sum_of_parts(facts: Facts) -> Iterator[Note]:
    """Find rows where the sum that the tool states is not the sum of the parts that it states."""
    rows = facts.results.filter((pl.col("energy_j") > 0) & pl.col("sensor").is_not_null())
    of_row = rows.group_by("source_id", "row_number", "sensor", maintain_order=True).agg(
        pl.col("energy_j").filter(pl.col("boundary") == "node").sum().alias("node_j"),
        pl.col("energy_j").filter(pl.col("boundary").is_in(_PARTS)).sum().alias("parts_j"),
        pl.col("method").filter(pl.col("boundary") == "node").first().alias("method"),
    )
    both = of_row.filter((pl.col("node_j") > 0) & (pl.col("parts_j") > 0))
    ratio, summed = pl.col("node_j") / pl.col("parts_j"), pl.col("method").str.contains(r"\bsum\b")
    off = both.filter(summed & ((ratio - 1).abs() > _SUM_MISMATCH))
    for (source,), found in off.group_by("source_id", maintain_order=True):
        worst = found.with_columns(ratio=ratio).sort((pl.col("ratio").log()).abs())[-1].row(0, named=True)
        yield Note(
            "check_sum_of_parts",
            f"{found.height} rows whose total is not the sum of its parts; row {worst['row_number']}: "
            f"{worst['node_j']:.4g} J against {worst['parts_j']:.4g} J",
            "warning", "a damaged row, or parts that a version of the tool leaves out", source_id=int(str(source)),
        )  # fmt: skip


def grid_factors(facts: Facts) -> Iterator[Note]:
    """Find sources whose stated CO2 stands on differing grid factors, or on one that no grid has."""
    stated = facts.results.filter((pl.col("co2_g_reported") > 0) & (pl.col("energy_j") > 0))
    factor = pl.col("co2_g_reported") / pl.col("energy_j") * J_PER_KWH
    for (source,), rows in stated.with_columns(factor=factor).group_by("source_id", maintain_order=True):
        low, high = (float(rows["factor"].min()), float(rows["factor"].max()))  # type: ignore[arg-type]
        if high > _DIRTIEST_G_PER_KWH:
            yield Note(
                "check_grid_factor", f"the stated CO2 is up to {high:.4g} g per kWh: no grid has that", "warning",
                "CO2 in another unit, or embodied emissions in it", source_id=int(str(source)),
            )  # fmt: skip
        elif high < _CLEANEST_G_PER_KWH:
            yield Note(
                "check_grid_factor", f"the stated CO2 is {high:.3g} g per kWh or less: no grid has that", "warning",
                "kilograms read as grams?", source_id=int(str(source)),
            )  # fmt: skip
        elif high > _FACTORS_DIFFER * low:
            yield Note(
                "check_grid_factor",
                f"the stated CO2 of {rows.height} rows stands on grid factors from {low:.4g} to {high:.4g} g per kWh",
                "warning", "compare energies; ours come from one factor of the region that you name",
                source_id=int(str(source)),
            )  # fmt: skip


def few_tokens(facts: Facts) -> Iterator[Note]:
    """Find tasks whose answers are one or two tokens: joules per generated token mean nothing there."""
    rows = facts.results.filter(
        (pl.col("output_tokens") > 0)
        & (pl.col("output_tokens") <= _FEW_TOKENS)
        & (pl.col("item_unit") != "token")
    )
    for (source, task), found in rows.group_by("source_id", "task", maintain_order=True):
        yield Note(
            "check_few_tokens",
            f"{task}: {median(found['output_tokens'].to_list()):.3g} tokens per answer, median of {found.height} rows: "
            "joules per generated token are those of the prompt",
            "info", "compare joules per request", source_id=int(str(source)),
        )  # fmt: skip
