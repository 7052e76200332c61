"""The results: energies, scores, size, batch, then the configurations and the traces."""

import polars as pl

from ecoanalysis.records import Panel
from ecoanalysis.report.cells import commonest, label
from ecoanalysis.report.charts.means import LINE, reduced
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Block, Figure, Prose, Section, See
from ecoanalysis.report.sections import configurations, traces, uncounted

_FOREST_ROWS = 16
_SORTED = ("base_model", "device")
_SCORED = 5  # devices, those of most configurations


def build(context: Context) -> tuple[Section, ...]:
    """Return the figures that no study draws, then configurations, energies without items, and traces."""
    drawn_by_studies = {panel.chart for study in context.studies for panel in study.panels}
    figures = [f for f in (_energies(context), _scores(context), _size(context), _batch(context)) if f]
    figures = [figure for figure in figures if figure.panel.chart not in drawn_by_studies]
    sections = []
    if figures:
        sections.append(Section("results", "Results", (*_lead(context, figures), *figures)))
    return (*sections, *configurations.build(context), *uncounted.build(context), *traces.build(context))


def _lead(context: Context, figures: list[Figure]) -> tuple[Block, ...]:
    """Return what the figures are about, and where they stand."""
    text_ = "What one item costs, with intervals, and the score that follows."
    if context.cells["boundary"].n_unique() > 1:
        text_ += (
            " Energies of other boundaries or items are in the table of all configurations, not in these figures: they "
            "cannot share an axis."
        )
    return Prose(text_), See(tuple(figure.id for figure in figures))


def apart(names: list[str]) -> list[str]:
    """Return names with a character of no width for each earlier one that is alike: an axis joins equal names."""
    return [name + "\u200b" * names[:place].count(name) for place, name in enumerate(names)]


def _energies(context: Context) -> Figure | None:
    """Return the energies of the configurations, the lowest first, of the commonest unit and boundary."""
    part, unit, boundary = commonest(context.cells)
    if part.is_empty():
        return None
    chosen = part.sort("energy_per_item_j")
    total = chosen.height
    if total > _FOREST_ROWS:
        step = (total - 1) / (_FOREST_ROWS - 1)
        chosen = chosen[sorted({round(place * step) for place in range(_FOREST_ROWS)})]
    several = chosen["device"].n_unique() > 1
    named = chosen.iter_rows(named=True)
    names = apart([(f"{row['device']}: " if several else "") + label(row) for row in named])
    rows = [
        {
            "label": name,
            "estimate": row["energy_per_item_j"],
            "low": row["low_per_item_j"],
            "high": row["high_per_item_j"],
            "basis": row["basis"],
        }
        for name, row in zip(names, chosen.iter_rows(named=True), strict=True)
    ]
    which = (
        f" {_FOREST_ROWS} of {total} configurations, evenly spread over the range."
        if total > _FOREST_ROWS
        else ""
    )
    caption = (
        f"Energy per {unit} with its 95 % interval ({boundary}; logarithmic axis).{which} Full points were measured, "
        "hollow ones are estimates. Where two intervals overlap, this figure leaves open whether the two differ."
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
    part, unit, _ = commonest(context.cells.with_row_index("row").filter(pl.col("ess") > 0))
    if part.is_empty():
        return None
    devices = (
        part.group_by("device")
        .len()
        .sort(["len", "device"], descending=[True, False])["device"]
        .head(_SCORED)
    )
    grouped = _score_rows(part.filter(pl.col("device").is_in(devices.to_list())))
    caption = (
        f"ESS: million effective parameters per gram of CO₂e of 1,000 {unit}s; geometric mean over configurations, "
        "lines span the middle half of them, or the 95 % interval of a single one. A higher score means more "
        "parameters per gram, not better answers: it rises with size at equal quality."
    )
    options = {
        "x": f"ESS (M parameters per g CO₂e of 1,000 {unit}s; log)",
        # rows of the explorer: a page recomputes them for another region
        "members": grouped["rows"].to_list(),
    }
    panel = Panel("ess_forest", "ESS by device and precision", caption, grouped.drop("rows"), options)
    return Figure("ess", panel)


def _score_rows(part: pl.DataFrame) -> pl.DataFrame:
    """Return ESS by device and precision, with the rows of the explorer that each is of."""
    return (
        part.with_columns(pl.col("precision").fill_null("not stated").replace("unknown", "not stated"))
        .group_by("device", "precision", maintain_order=True)
        .agg(
            pl.col("ess").log().mean().exp().alias("estimate"),
            pl.when(pl.len() > 1)
            .then(pl.col("ess").quantile(0.25, "linear"))
            .otherwise(pl.col("ess_low").first())
            .alias("low"),
            pl.when(pl.len() > 1)
            .then(pl.col("ess").quantile(0.75, "linear"))
            .otherwise(pl.col("ess_high").first())
            .alias("high"),
            pl.when(pl.col("basis").is_in(["estimated", "assumed"]).any())
            .then(pl.lit("estimated"))
            .otherwise(pl.lit("measured"))
            .alias("basis"),
            pl.len().alias("configurations"),
            pl.col("row").alias("rows"),
        )
        .sort("device", "precision")
    )


def _size(context: Context) -> Figure | None:
    """Return energy against size with the Pareto front."""
    part = context.cells.filter(pl.col("params_count") > 0)
    if part["params_count"].n_unique() < 4:
        return None
    chosen, _, boundary = commonest(part, by_unit=False)
    points = chosen.select(
        "energy_per_item_j",
        "device",
        "item_unit",
        "basis",
        pl.col("params_count").alias("size"),
        pl.col("model").alias("base_model"),
    ).sort("size", "energy_per_item_j", "device", "base_model")
    caption = (
        f"Each point is one model on one device ({boundary}), its line what other settings do to it. The dashed step "
        "joins those that no other beats on both: more parameters for no more energy. Both axes are logarithmic."
    )
    return Figure("size", reduced(Panel("energy_size", "Energy against model size", caption, points)))


def _batch(context: Context) -> Figure | None:
    """Return the batch curves."""
    part, unit, boundary = commonest(context.cells.filter(pl.col("nominal_batch_size") > 0))
    renamed = part.rename({"nominal_batch_size": "batch", "model": "base_model"})
    points = renamed.select(*LINE, "batch", "energy_per_item_j").sort(*_SORTED, "batch", "energy_per_item_j")
    caption = (
        f"Energy per {unit} against batch size ({boundary}); one line is one model on one device in one framework and "
        "precision, mean over its other settings. Idle and fixed work, shared among more items, can make it fall."
    )
    panel = reduced(Panel("batch_curve", "Energy against batch size", caption, points))
    return Figure("batch", panel) if panel.frame.height else None
