"""The results: energies, scores, batch curves, the configurations, the traces."""

import polars as pl

from ecoanalysis.impact.factor import UNKNOWN, table_factors
from ecoanalysis.records import Panel
from ecoanalysis.report.cells import label
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import (
    Block,
    Column,
    Explorer,
    Figure,
    Prose,
    Section,
    Table,
    Trace,
    TraceView,
)
from ecoanalysis.report.numbers import count, plain
from ecoanalysis.report.quantities import carbon, energy, score, water
from ecoanalysis.report.traces import drawn

_FOREST_ROWS = 18
_TABLE_ROWS = 40


def build(context: Context) -> tuple[Section, ...]:
    """Return results, configurations and traces."""
    sections = []
    drawn_by_studies = {panel.chart for study in context.studies for panel in study.panels}
    figures = [f for f in (_energies(context), _scores(context), _size(context), _batch(context)) if f]
    figures = [figure for figure in figures if figure.panel.chart not in drawn_by_studies]
    if figures:
        sections.append(Section("results", "Results", tuple(figures)))
    if context.cells.height:
        sections.append(Section("configurations", "All configurations", _table(context)))
    if context.traces:
        sections.append(Section("traces", "Power traces", _traces(context)))
    return tuple(sections)


def _energies(context: Context) -> Figure | None:
    """Return the energies of the configurations, the lowest first, of the commonest unit and boundary."""
    part, unit, boundary = _commonest(context.cells)
    if part.is_empty():
        return None
    chosen = part.sort("energy_per_item_j")
    total = chosen.height
    if total > _FOREST_ROWS:
        step = (total - 1) / (_FOREST_ROWS - 1)
        chosen = chosen[sorted({round(place * step) for place in range(_FOREST_ROWS)})]
    several = chosen["device"].n_unique() > 1
    rows = [
        {
            "label": label(row) + (f" · {row['device']}" if several else "") + "\u200b" * place,
            "estimate": row["energy_per_item_j"],
            "low": row["low_per_item_j"],
            "high": row["high_per_item_j"],
            "basis": row["basis"],
            "group": row["precision"] or "not stated",
        }
        for place, row in enumerate(chosen.iter_rows(named=True))
    ]
    which = (
        f" {_FOREST_ROWS} of {total} configurations, evenly spread over the range."
        if total > _FOREST_ROWS
        else ""
    )
    caption = (
        f"Energy per {unit} with its 95 % interval ({boundary}; logarithmic axis).{which} Full points were measured, "
        "hollow ones are estimates. Two configurations differ for certain only where their intervals do not overlap."
    )
    panel = Panel(
        "energy_forest",
        f"Energy per {unit} by configuration",
        caption,
        pl.DataFrame(rows, infer_schema_length=None),
        {"x": f"energy per {unit}"},
    )
    return Figure("energy", panel)


def _scores(context: Context) -> Figure | None:
    """Return ESS by device and precision: the geometric mean over configurations with their spread."""
    part, unit, _ = _commonest(context.cells.filter(pl.col("ess") > 0))
    if part.is_empty():
        return None
    devices = (
        part.group_by("device").len().sort(["len", "device"], descending=[True, False])["device"].head(10)
    )
    grouped = (
        part.filter(pl.col("device").is_in(devices.to_list()))
        .with_columns(pl.col("precision").fill_null("not stated"))
        .group_by("device", "precision", maintain_order=True)
        .agg(
            pl.col("ess").log().mean().exp().alias("estimate"),
            pl.when(pl.len() > 1)
            .then(pl.col("ess").quantile(0.25))
            .otherwise(pl.col("ess_low").first())
            .alias("low"),
            pl.when(pl.len() > 1)
            .then(pl.col("ess").quantile(0.75))
            .otherwise(pl.col("ess_high").first())
            .alias("high"),
            pl.when(pl.col("basis").is_in(["estimated", "assumed"]).any())
            .then(pl.lit("estimated"))
            .otherwise(pl.lit("measured"))
            .alias("basis"),
            pl.len().alias("configurations"),
        )
        .sort("device", "precision")
    )
    caption = (
        f"ESS: million effective parameters per gram of CO₂e of 1,000 {unit}s; geometric mean over configurations, "
        "lines span the middle half of them (the 95 % interval where there is one). A higher score means more "
        "parameters per gram, not better answers: it rises with size at equal quality."
    )
    options = {"x": f"ESS (M parameters per g CO₂e of 1,000 {unit}s; log)"}
    return Figure("ess", Panel("ess_forest", "ESS by device and precision", caption, grouped, options))


def _size(context: Context) -> Figure | None:
    """Return energy against size with the Pareto front."""
    part = context.cells.filter(pl.col("params_count") > 0)
    if part["params_count"].n_unique() < 4:
        return None
    chosen, _, boundary = _commonest(part, by_unit=False)
    points = chosen.select(
        "energy_per_item_j",
        "device",
        "item_unit",
        "basis",
        pl.col("params_count").alias("size"),
        pl.col("model").alias("base_model"),
    ).sort("size", "energy_per_item_j", "device", "base_model")
    caption = (
        f"Each point is one configuration ({boundary}). The dashed step joins those that no other beats on both: "
        "more parameters for no more energy. Both axes are logarithmic."
    )
    return Figure("size", Panel("energy_size", "Energy against model size", caption, points))


def _batch(context: Context) -> Figure | None:
    """Return the batch curves."""
    part, unit, boundary = _commonest(context.cells.filter(pl.col("nominal_batch_size") > 0))
    groups = part.group_by("model", "device").agg(pl.col("nominal_batch_size").n_unique().alias("n"))
    if groups.filter(pl.col("n") > 1).is_empty():
        return None
    points = part.select(
        "energy_per_item_j",
        "device",
        "item_unit",
        pl.col("nominal_batch_size").alias("batch"),
        pl.col("model").alias("base_model"),
    ).sort("base_model", "device", "batch", "energy_per_item_j")
    caption = (
        f"Energy per {unit} against batch size ({boundary}); one line is one model on one device, mean over its other "
        "settings. The fall is idle and fixed work being shared among more items."
    )
    return Figure("batch", Panel("batch_curve", "What a larger batch saves", caption, points))


def _table(context: Context) -> tuple[Block, ...]:
    """Return the explorer with its printed table."""
    cells = context.cells
    lowest = cells.sort("item_unit", "energy_per_item_j", "measurement_id").head(_TABLE_ROWS)
    lowest = cells if cells.height <= _TABLE_ROWS else lowest
    rows = tuple(
        (
            label(r),
            str(r["device"]),
            str(r["item_unit"]),
            energy(r),
            carbon(r),
            water(r),
            score(r),
            int(r["repeats"]),
        )
        for r in lowest.iter_rows(named=True)
    )
    columns = (
        Column("Configuration", width="wide"),
        Column("Device"),
        Column("Item"),
        Column("Energy per item", "right"),
        Column("CO₂e per 1,000", "right"),
        Column("Water per 1,000", "right"),
        Column("ESS", "right"),
        Column("Runs", "right"),
    )
    caption = "Means over runs with 95 % intervals; ≈ marks what rests on an estimate or an assumption, – is unknown."
    table = Table("configurations", "Configurations", caption, columns, rows, cells.height)
    lead = (
        "Every number says how it was obtained: choose it. Filter, sort and search work on all configurations; the "
        "address keeps what you chose. Another region recomputes carbon, water and ESS here, in the page."
    )
    return (Prose(lead), Explorer(table, cells, regions()))


def regions() -> pl.DataFrame:
    """Return the regions with both factors: code, name, and value with bounds of each."""
    water_of = {f.region: f for f in table_factors("water", "electricity")}
    rows = []
    for factor in table_factors("carbon"):
        other = water_of.get(factor.region) or water_of[UNKNOWN]
        rows.append(
            {
                "region": factor.region,
                "name": factor.name,
                "co2": factor.value,
                "co2_up": factor.up,
                "co2_down": factor.down,
                "ewif": other.value,
                "ewif_up": other.up,
                "ewif_down": other.down,
                "assumed": factor.status == "assumed",
            }
        )
    return pl.DataFrame(rows).sort("name")


def _traces(context: Context) -> tuple[Block, ...]:
    """Return the trace viewer; its printed figure is the first trace."""
    first = context.traces[0]
    frame = drawn(first)
    panels = frame["mean_w"].is_not_null().any()
    what = "Power and utilisation" if panels else "Utilisation"
    samples = sum(series.samples_count for series in first.series)
    marks = {
        "phases": [list(phase) for phase in first.phases],
        "throttled": [list(stretch) for series in first.series for stretch in series.throttled],
    }
    caption = (
        f"{what} over time in {first.title}, {count(samples)} samples; shaded stretches are phases. "
        + (
            "Bands span the smallest and largest power in each stretch of time, so no spike is lost; lines are means. "
            if panels
            else "This machine has no power sensor: power was estimated from this utilisation. "
        )
        + "Energies are integrated from all samples, never from what is drawn."
    )
    figure = Figure("trace", Panel("trace", f"{what} of one run", caption, frame, marks))
    blocks: list[Block] = [TraceView(context.traces, figure)]
    hot = frame.filter(pl.col("temperature_c").is_not_null()).select("t_s", "temperature_c", "device")
    if hot.height:
        caption = f"Mean temperature of each device in the same run. {_throttled(first)}"
        blocks.append(Figure("thermal", Panel("thermal", "Temperature and throttling", caption, hot, marks)))
    return tuple(blocks)


def _throttled(trace: Trace) -> str:
    """Return in a sentence how long the devices of a run were held down."""
    spans = [stretch for series in trace.series for stretch in series.throttled]
    if not spans:
        return (
            "No throttling was seen; a device that does not tell of it cannot be told from one that ran free."
        )
    sums = {cause: sum(b - a for a, b, found in spans if found == cause) for _, _, cause in spans}
    told = " and ".join(f"{plain(seconds)} s for {cause}" for cause, seconds in sorted(sums.items()))
    return f"Strips at the foot are when the driver held a clock down: {told} in all."


def _commonest(cells: pl.DataFrame, by_unit: bool = True) -> tuple[pl.DataFrame, str, str]:
    """Return the cells of the commonest boundary (and item unit), which alone may share an axis, with their names."""
    if cells.is_empty():
        return cells, "item", ""
    keys = ["boundary", "item_unit"] if by_unit else ["boundary"]
    counts = (
        cells.group_by(keys)
        .len()
        .sort(["len", *keys], descending=[True, *([False] * len(keys))], nulls_last=True)
    )
    top = counts.row(0, named=True)
    part = cells.filter(pl.all_horizontal(pl.col(key).eq_missing(pl.lit(top[key])) for key in keys))
    return part, str(top.get("item_unit", "item")), f"{top['boundary']} boundary"
