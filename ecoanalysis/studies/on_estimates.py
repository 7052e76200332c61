"""How much of the conclusions rests on estimated energies."""

import math
from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.settings import Settings
from ecoanalysis.studies.contrast import contrasts
from ecoanalysis.studies.pairs import STRATUM, ids_behind
from ecoanalysis.studies.quantization import narrowing_pairs
from ecoanalysis.studies.strata import stratify
from ecoanalysis.studies.words import counted, listed, verb


def estimate_findings(frame: pl.DataFrame, settings: Settings) -> Iterator[Finding]:
    """Yield the share of estimated energies, and what the contrasts of precisions become without them."""
    if frame.is_empty():
        return
    share = frame.filter(pl.col("basis") == "estimated").height / frame.height
    yield Finding(
        name="estimated energies",
        estimand="share of measurements whose energy is estimated",
        sentence=f"{share:.0%} of {frame.height:,} energies are estimated, the others measured or derived.",
        estimate=share,
        low=None,
        high=None,
        unit="ratio",
        n=frame.height,
        method="count",
        basis="derived",
        measurement_ids=tuple(sorted(frame.filter(pl.col("basis") == "estimated")["id"].to_list())),
    )
    yield from _contrasts(frame, settings)


def _contrasts(frame: pl.DataFrame, settings: Settings) -> Iterator[Finding]:
    """Yield how many contrasts of precisions rest on estimates, and whose sign changes without them."""
    pairs = narrowing_pairs(frame)
    if pairs.is_empty():
        return
    whole, metered = _means(pairs, settings), _means(pairs.filter(pl.col("basis") != "estimated"), settings)
    only = [name for name in whole if name not in metered]
    turned = [
        name for name, mean in metered.items() if math.copysign(1, mean) != math.copysign(1, whole[name])
    ]
    yield Finding(
        name="conclusions on estimates: quantization",
        estimand="share of the contrasts of precisions that rest on estimated energies alone",
        sentence=(
            f"Of {counted(len(whole), 'contrast')} of precisions, {len(only)} {verb(len(only), 'rests', 'rest')} on "
            f"estimated energies alone{f' ({listed(only)})' if only else ''}" + _others(len(metered), turned)
        ),
        estimate=len(only) / len(whole),
        low=None,
        high=None,
        unit="ratio",
        n=len(whole),
        method="effects over all places with and without pairs of estimated energies",
        basis="derived",
        groups={"only_estimated": ", ".join(only), "sign_changes": ", ".join(turned)},
        measurement_ids=ids_behind(pairs),
    )


def _others(metered: int, turned: list[str]) -> str:
    """Return in words what becomes of the contrasts that have measured energies too."""
    if not metered:
        return "."
    named = f" ({listed(turned)})" if turned else ""
    changes = verb(len(turned), "changes", "change")
    return f"; of the {metered} others, {len(turned)} {changes} sign without estimates{named}."


def _means(pairs: pl.DataFrame, settings: Settings) -> dict[str, float]:
    """Return the mean log ratio of each contrast."""
    if pairs.is_empty():
        return {}
    found = contrasts(stratify(pairs, STRATUM), np.random.default_rng(settings.seed))
    return {f"{one.treatment} over {one.reference}": one.effect.mean for one in found}
