"""How good predictions are of what was held out: errors, coverage, learning curve, from the stored validation."""

import polars as pl

from ecoanalysis.models.predict import default_book, own_fits
from ecoanalysis.models.refusals import WIDEST_RATIO
from ecoanalysis.models.splits import TIERS
from ecoanalysis.models.validation import Validation, fingerprint, stored_validation
from ecoanalysis.records import Panel
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Block, Callout, Column, Figure, Prose, Section, Table
from ecoanalysis.report.numbers import count, kept

_WORDS = {
    "inside": "random rows", "combination": "new combination", "task": "new task", "arch": "new architecture",
    "family": "new family", "precision": "new precision", "device": "new device",
    "stack": "new software stack", "batch up": "larger batches", "batch down": "smaller batches",
}  # fmt: skip
_ORDER = ["inside", "batch up", "batch down", *(tier for tier in TIERS if tier not in ("inside", "batch"))]
_BASELINES = ("ecologits", "roofline", "loglinear", "mixed")  # TDP × time knows the time: it is none of them


def build(context: Context) -> tuple[Section, ...]:
    """Return the section: of the user's own validation where there is one, else of the fits that ship."""
    found, own = stored_validation(context.settings.database)
    rows = _champions(found)
    if (
        rows.is_empty() or context.cells.is_empty()
    ):  # without an energy per item nothing here can be predicted
        return ()
    blocks: list[Block] = [
        Callout("answer", "How good are predictions of what nobody measured?", _answer(rows))
    ]
    if (stale := _stale(context)) is not None:
        blocks.append(stale)
    ratios, *others = _figures(found, rows.filter(pl.col("width") > WIDEST_RATIO))
    blocks += [ratios, _table(rows), *others, Prose(_provenance(found, own))]
    return (Section("skill", "How far predictions can be trusted", tuple(blocks)),)


def _champions(found: Validation) -> pl.DataFrame:
    """Return the champion's metrics per kind and split, all data sets of a kind together where there are several."""
    named = pl.col("dataset").count().over("kind", "split") == 1
    rows = found.metrics.filter(pl.col("estimator") == "champion", pl.col("split").is_in(_ORDER))
    rows = rows.filter((pl.col("dataset") == "all") | named)
    bounds = found.coverage.select("dataset", "kind", "split", "low", "high")
    best = (
        found.metrics.filter(pl.col("estimator").is_in(_BASELINES))
        .sort("mdape")
        .group_by("dataset", "kind", "split", maintain_order=True)
        .first()
        .select("dataset", "kind", "split", baseline="estimator", baseline_mdape="mdape")
    )
    keys = ["dataset", "kind", "split"]
    joined = rows.join(bounds, on=keys, how="left").join(best, on=keys, how="left")
    place = pl.col("split").replace_strict({name: i for i, name in enumerate(_ORDER)}, return_dtype=pl.Int64)
    label = pl.col("split").replace_strict(_WORDS)
    most = pl.col("n").max().over("kind")
    return joined.with_columns(place=place, label=label, most=most).sort(
        "most", "kind", "place", descending=[True, False, False]
    )


def _answer(rows: pl.DataFrame) -> str:
    """Return the errors and coverages that decide whether to trust a prediction, in a sentence."""
    first = rows.filter(pl.col("kind") == rows["kind"][0])
    parts = [f"{row['label']} {row['mdape']:.0%}" for row in first.iter_rows(named=True)]
    tested = rows.filter(pl.col("coverage").is_not_null())
    held = tested.filter(pl.col("coverage") >= 0.87).height
    return kept(
        f"Median error of energy per {first['kind'][0]} on {', '.join(parts)}. In {held} of {tested.height} kinds of "
        f"extrapolation the 90 % intervals hold at least 87 % of what was held out."
    )


def _table(rows: pl.DataFrame) -> Table:
    """Return errors of the champion beside the best baseline, and its intervals."""
    titles = (
        "Item",
        "Held out",
        "Rows (groups)",
        "Median error",
        "Best baseline",
        "R² of log",
        "Coverage of 90 %",
        "×/÷",
    )
    cells = tuple(
        (
            row["kind"], row["label"], f"{count(row['n'])} ({count(row['groups_count'])})", f"{row['mdape']:.1%}",
            f"{row['baseline_mdape']:.0%} ({row['baseline']})" if row["baseline"] else "–", _number(row["r2"], 2),
            _covered(row), "refused" if (row["width"] or 0) > WIDEST_RATIO else _number(row["width"], 2),
        )
        for row in rows.iter_rows(named=True)
    )  # fmt: skip
    caption = (
        "Each group was predicted by models that had not seen it; baselines saw the same rows. Coverage of the 90 % "
        "intervals with its 95 % "
        "Wilson bounds, groups counted as the trials, and the interval's half-width. Intervals were calibrated on the "
        f"other groups; where they would be wider than ×/÷ {WIDEST_RATIO:.0f}, eco predict refuses to give a number."
    )
    align = ("left", "left", *["right"] * 6)
    columns = tuple(map(Column, titles, align))
    first = rows.filter(pl.col("kind") == rows["kind"][0]).height
    cut = f"those of energy per {rows['kind'][0]}"
    return Table(
        "skill-table", "Errors on what was held out", caption, columns, cells, cut=cut, article_rows=first
    )


def _covered(row: dict[str, float | None]) -> str:
    """Return a coverage with its bounds."""
    if row["coverage"] is None:
        return "–"
    if row["low"] is None:
        return f"{row['coverage']:.0%}"
    return f"{row['coverage']:.0%} ({row['low']:.0%}–{row['high']:.0%})"


def _number(value: float | None, places: int) -> str:
    """Return a number, an en dash for none."""
    return "–" if value is None else f"{value:.{places}f}".replace("-", "\u2212")


def _figures(found: Validation, refused: pl.DataFrame) -> list[Figure]:
    """Return ratio, coverage and learning curves, the latter two where they have data; nothing of what is refused."""
    ratios = (
        "Predicted over measured energy of held-out measurements: the median, the middle half (thick) and nine tenths "
        "(thin). On the dashed line they agree; a shift to the right is an overestimate. What is refused is left out."
    )
    panel = Panel("ratio_quantiles", "Predicted over measured", ratios, _quantiles(found, refused))
    figures = [Figure("skill-ratio", panel)]
    covered = _labelled(found.coverage, refused)
    if covered.height:
        caption = (
            "Share of held-out measurements inside their 90 % prediction interval, with 95 % Wilson bounds on the "
            "number of groups. On the dashed line intervals hold what they claim; left of it they are too narrow."
        )
        figures.append(
            Figure("skill-coverage", Panel("coverage", "Whether the intervals hold", caption, covered), True)
        )
    curve = found.curve.join(
        refused.select("kind", "split"), on=["kind", "split"], how="anti", maintain_order="left"
    )
    if curve.height and curve["rows_count"].n_unique() > 1:
        caption = (
            "Median error of energy per item on architectures never seen, against the number of measurements that the "
            "estimators learnt from. Where a line still falls, more measurements pay."
        )
        panel = Panel("learning_curve", "What more measurements bring", caption, curve)
        figures.append(Figure("skill-learning", panel, supplement=True))
    return figures


def _quantiles(found: Validation, refused: pl.DataFrame) -> pl.DataFrame:
    """Return quantiles of the ratio per kind and split."""
    shown = _labelled(found.points, refused)
    at = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
    quantiles = [pl.col("ratio").quantile(level, "linear").alias(name) for name, level in at.items()]
    return shown.group_by("label", "kind", maintain_order=True).agg(quantiles)


def _labelled(frame: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of all data sets together, or of the only one, with their split in words, in its order."""
    frame = frame.join(
        refused.select("kind", "split"), on=["kind", "split"], how="anti", maintain_order="left"
    )
    several = (pl.col("dataset") == "all").any().over("kind", "split")
    place = pl.col("split").replace_strict({name: i for i, name in enumerate(_ORDER)}, return_dtype=pl.Int64)
    shown = frame.filter(pl.col("split").is_in(_ORDER)).filter((pl.col("dataset") == "all") | ~several)
    return shown.with_columns(label=pl.col("split").replace_strict(_WORDS), place=place).sort(
        "place", "kind", maintain_order=True
    )


def _provenance(found: Validation, own: bool) -> str:
    """Return what data the figures come from."""
    sources = "; ".join(found.attribution) or "own recordings"
    whose = (
        "your own data"
        if own
        else "the published data behind the fits that ship, not from the data of this report"
    )
    hint = "" if own else " To see how the models do on yours: eco fit, then eco validate."
    return f"These figures come from {whose} ({found.made_on}): {sources}.{hint}"


def _stale(context: Context) -> Callout | None:
    """Return a warning where the user's own fits were made of other data than are here now."""
    if own_fits(context.settings.database) is None:
        return None
    made_of = default_book(context.settings.database).data
    if not made_of or made_of == fingerprint(context.measurements):
        return None
    text = "The measurements shown here are not those that the models were fitted to. To fit and choose again: eco fit"
    return Callout("warning", "The fits are of other data", text)
