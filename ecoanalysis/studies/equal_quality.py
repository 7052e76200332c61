"""The cheapest configuration that gives up no quality, and the precision that it has."""

from collections.abc import Iterator, Sequence

import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.quality_change import MARGIN

_WHERE = ("dataset", "device", "task", "boundary", "idle_treatment", "item_unit", "quality_metric")


def equal_quality_findings(frame: pl.DataFrame, references: Sequence[str]) -> Iterator[Finding]:
    """Yield, per device and task, least energy at the best reference's quality over the least at a reference.

    The floor is the best quality that any model reaches at a reference precision, less `MARGIN` (one percentage
    point where quality is a share). A ratio below 1: a lower precision is cheaper at equal quality.
    """
    known = frame.filter(pl.col("quality_value").is_not_null() & (pl.col("energy_per_item_j") > 0)).sort("id")
    for key, part in known.group_by(_WHERE, maintain_order=True):
        reference = part.filter(pl.col("precision").is_in(list(references)))
        if reference.is_empty() or reference.height == part.height:
            continue
        where = dict(zip(_WHERE, map(str, key), strict=True))
        best = float(reference["quality_value"].to_numpy().max())
        floor = best - MARGIN * (100.0 if best > 1 else 1.0)
        good = pl.col("quality_value") >= floor
        before = reference.filter(good).sort("energy_per_item_j").row(0, named=True)
        after = part.filter(good).sort("energy_per_item_j").row(0, named=True)
        yield _finding(where, before, after, floor, part.height)


def _finding(
    where: dict[str, str], before: dict[str, object], after: dict[str, object], floor: float, n: int
) -> Finding:
    """Return the finding of one device and task."""
    ratio = float(str(after["energy_per_item_j"])) / float(str(before["energy_per_item_j"]))
    winner = f"{after['model']} at {after['precision']}"
    says = (
        f"the cheapest is {winner}, with {ratio:.2f}× the energy of the cheapest at a reference precision "
        f"({before['model']} at {before['precision']})"
        if ratio < 1
        else f"no lower precision is cheaper than {winner}"
    )
    return Finding(
        name=f"equal quality: {where['device']}, {where['task']}",
        estimand="least energy at equal quality, any precision over reference precisions",
        sentence=f"On {where['device']} ({where['task']}), with a quality of {floor:.3g} or more, {says}.",
        estimate=ratio,
        low=None,
        high=None,
        unit="ratio",
        n=n,
        method="minimum over configurations above a quality floor; no interval: it describes what was measured",
        groups=where,
        measurement_ids=tuple(sorted({int(str(before["id"])), int(str(after["id"]))})),
    )
