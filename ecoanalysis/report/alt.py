"""The words that stand for a chart: computed from its data."""

import polars as pl

from ecoanalysis.records import Panel
from ecoanalysis.report.numbers import plain

_KINDS = {
    "energy_forest": "Dot plot with intervals",
    "ess_forest": "Dot plot with intervals",
    "energy_size": "Scatter plot",
    "batch_curve": "Line chart",
    "paired_slopes": "Paired slope chart with intervals",
    "ratio_forest": "Dot plot with intervals",
    "ratio_size": "Scatter plot",
    "regret_heatmap": "Heat map",
    "fixed_marginal": "Scatter plot",
    "scatter_repeats": "Cumulative curve",
    "region_scatter": "Scatter plot",
    "factor_sensitivity": "Dot plot",
    "pareto": "Scatter plots with a front",
    "roofline": "Scatter plot under lines",
    "hour_profile": "Line chart",
    "call_overhead": "Scatter plot",
    "trace": "Time series",
    "thermal": "Time series",
    "prediction_ratios": "Scatter plot with intervals",
    "coverage": "Dot plot with intervals",
    "ratio_quantiles": "Dot plot with quantiles",
    "learning_curve": "Line chart",
}
_MEASURES = 2
_NAMES = 4


def describe(panel: Panel) -> str:
    """Return a chart in words: kind, title, size, and the range of its first measures and names."""
    frame = panel.frame
    parts = [f"{_KINDS.get(panel.chart, 'Chart')}: {panel.title}. {frame.height} rows"]
    numeric = [
        n
        for n, t in frame.schema.items()
        if t.is_numeric() and n not in ("low", "high", "n", "low_w", "high_w")
    ]
    for name in numeric[:_MEASURES]:
        column = frame[name].cast(pl.Float64).drop_nulls().drop_nans()
        if column.len():
            low, high = float(column.min()), float(column.max())  # type: ignore[arg-type]
            parts.append(f"{_words(name)} from {plain(low)} to {plain(high)}")
    for name, dtype in frame.schema.items():
        if dtype == pl.String and name not in ("basis", "label"):
            found = sorted(str(v) for v in frame[name].drop_nulls().unique())
            rest = f" and {len(found) - _NAMES} more" if len(found) > _NAMES else ""
            parts.append(f"{_words(name)}: {', '.join(v[:60] for v in found[:_NAMES])}{rest}")
    return "; ".join(parts) + "."


def _words(name: str) -> str:
    """Return a column's name in words, its unit in brackets."""
    for tail, unit in (
        ("_per_item_j", " per item [J]"),
        ("_j", " [J]"),
        ("_w", " [W]"),
        ("_s", " [s]"),
        ("_c", " [°C]"),
        ("_ratio", ""),
    ):
        if name.endswith(tail):
            return name.removesuffix(tail).replace("_", " ") + unit
    return name.replace("_", " ")
