"""What a lower precision does to quality, with an equivalence verdict."""

from collections.abc import Iterator, Sequence

import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import clustered_mean
from ecoanalysis.studies.pairs import ids_behind
from ecoanalysis.studies.strata import Stratum
from ecoanalysis.studies.words import counted, place_of

LOWER_IS_BETTER = ("perplexity", "wer", "cer", "loss", "mae", "rmse", "mse", "fid")
MARGIN = 0.01  # the loss that counts as none: one percentage point of a share


def quality_findings(strata: Sequence[Stratum]) -> Iterator[Finding]:
    """Yield the change of quality [percentage points] in each stratum that knows it, with an equivalence verdict.

    Two one-sided tests (Schuirmann 1987): equivalent where the 90 % interval lies inside ± `MARGIN`.
    """
    for stratum in strata:
        known = stratum.pairs.filter(pl.col("quality_change").is_not_null())
        if known.height:
            yield _finding(stratum, known)


def is_share(values: pl.Expr) -> pl.Expr:
    """Return whether qualities are shares of 1; else they are percentages."""
    return values.max() <= 1.0


def _finding(stratum: Stratum, known: pl.DataFrame) -> Finding:
    """Return the finding of one stratum."""
    points = 100.0 if known.select(is_share(pl.col("quality_reference"))).item() else 1.0
    effect = clustered_mean(known["quality_change"] * points, known["base_model"], level=0.90)
    margin, where = 100 * MARGIN, stratum.where
    models = known["base_model"].n_unique()
    place = place_of(where["device"], where["framework"], where["dataset"])
    if effect.low is None or effect.high is None:
        says = "one model cannot show equivalence"
    elif -margin < effect.low and effect.high < margin:
        says = f"equivalent at a margin of {margin:g} point"
    elif effect.high < -margin:
        says = f"a loss of more than the margin of {margin:g} point"
    else:
        says = f"not shown to be equivalent at a margin of {margin:g} point"
    interval = "" if effect.low is None else f" (90 % interval {effect.low:+.2f} to {effect.high:+.2f})"
    return Finding(
        name=f"quality of {where['treatment']} over {where['reference']}: {place}",
        estimand="quality at the lower precision minus at the reference",
        sentence=(
            f"On {place}, quality changes by {effect.mean:+.2f} percentage points{interval} from "
            f"{where['reference']} to {where['treatment']} ({counted(models, 'model')}): {says}."
        ),
        estimate=effect.mean,
        low=effect.low,
        high=effect.high,
        unit="percentage points",
        n=effect.n,
        method="two one-sided tests at 5 % (90 % interval inside the margin), each model once",
        level=0.90,
        groups={**where, "margin": f"{margin:g}"},
        basis="measured",
        p_value=effect.p_value,
        measurement_ids=ids_behind(known),
    )


def shares_only(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the measurements without qualities of which less is better: a margin in points is none for them."""
    known = pl.when(~pl.col("quality_metric").str.to_lowercase().is_in(LOWER_IS_BETTER)).then(
        pl.col("quality_value")
    )
    unnamed = pl.when(pl.col("quality_metric").is_null()).then(pl.col("quality_value"))
    return frame.with_columns(quality_value=pl.coalesce(known, unnamed))
