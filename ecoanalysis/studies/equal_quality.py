"""The cheapest configuration that gives up no quality, and the precision that it has."""

from collections.abc import Iterator, Sequence

import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.pareto import WHERE
from ecoanalysis.studies.quality_change import LOWER_IS_BETTER, MARGIN, is_share
from ecoanalysis.studies.words import figure, place_of, short


def equal_quality_findings(known: pl.DataFrame, references: Sequence[str]) -> Iterator[Finding]:
    """Yield, per device and task, least energy at the best reference's quality over the least at a reference.

    `known` are the configurations of `pareto.configurations`. The floor is the best quality that any model
    reaches at a reference precision, less `MARGIN` (one percentage point). A ratio below 1: a lower precision is
    cheaper at equal quality. Metrics of which less is better have no margin in points: they are left out.
    """
    margin_known = ~pl.col("quality_metric").str.to_lowercase().is_in(LOWER_IS_BETTER).fill_null(False)
    for key, part in known.filter(margin_known).group_by(WHERE, maintain_order=True):
        reference = part.filter(pl.col("precision").is_in(list(references)))
        if reference.is_empty() or reference.height == part.height:
            continue
        share = part.select(is_share(pl.col("quality"))).item()
        floor = float(reference["quality"].to_numpy().max()) - MARGIN * (1.0 if share else 100.0)
        good = pl.col("quality") >= floor
        before = reference.filter(good).sort("energy_per_item_j").row(0, named=True)
        after = part.filter(good).sort("energy_per_item_j").row(0, named=True)
        yield _finding(dict(zip(WHERE, map(str, key), strict=True)), before, after, floor, part.height)


def _finding(
    where: dict[str, str], before: dict[str, object], after: dict[str, object], floor: float, n: int
) -> Finding:
    """Return the finding of one device and task."""
    ratio = float(str(after["energy_per_item_j"])) / float(str(before["energy_per_item_j"]))
    winner = f"{short(str(after['model']))} at {after['precision']}"
    says = (
        f"the cheapest is {winner}, with {figure(ratio)}× the energy of the cheapest at a reference precision "
        f"({short(str(before['model']))} at {before['precision']})"
        if ratio < 1
        else f"no lower precision is cheaper than {winner}"
    )
    place = place_of(where["device"], None, where["dataset"])
    ids = {i for row in (before, after) for i in row["ids"]}  # type: ignore[attr-defined]
    return Finding(
        name=f"equal quality: {place}, {where['task']}",
        estimand="least energy at equal quality, any precision over reference precisions",
        sentence=(
            f"On {place} ({where['task']}), with {where['quality_metric']} of {floor:.3g} or more, {says}."
        ),
        estimate=ratio,
        low=None,
        high=None,
        unit="ratio",
        n=n,
        method="minimum over configurations above a quality floor; no interval: it describes what was measured",
        groups=where,
        basis="estimated" if "estimated" in (before["basis"], after["basis"]) else "measured",
        measurement_ids=tuple(sorted(ids)),
    )
