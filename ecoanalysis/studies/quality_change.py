"""What a lower precision does to quality, with an equivalence verdict."""

from collections.abc import Iterator, Mapping

import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import clustered_mean
from ecoanalysis.studies.pairs import STRATUM

LOWER_IS_BETTER = ("perplexity", "wer", "cer", "loss", "mae", "rmse", "mse", "fid")
MARGIN = 0.01  # the loss that counts as none: one percentage point of a share


def quality_findings(strata: Mapping[tuple[object, ...], pl.DataFrame]) -> Iterator[Finding]:
    """Yield the change of quality in each stratum that knows it, with an equivalence verdict."""
    for key, part in strata.items():
        known = part.filter(pl.col("quality_change").is_not_null())
        if known.is_empty():
            continue
        scale = 100.0 if known["quality_change"].abs().max() > 1 else 1.0  # type: ignore[operator]
        effect = clustered_mean(known["quality_change"], known["base_model"], level=0.90)
        where = dict(zip(STRATUM, map(str, key), strict=True))
        margin = MARGIN * scale
        same = (
            effect.low is not None
            and effect.high is not None
            and -margin < effect.low
            and effect.high < margin
        )
        yield Finding(
            name=f"quality of {where['treatment']}: {where['device']}, {where['framework']}",
            estimand="quality at the lower precision minus at the reference",
            sentence=(
                f"Quality changes by {effect.mean:+.3g} on {where['device']} with {where['framework']} "
                f"({where['treatment']} against {where['reference']}); it is "
                f"{'equivalent' if same else 'not shown to be equivalent'} at a margin of {margin:g}."
            ),
            estimate=effect.mean,
            low=effect.low,
            high=effect.high,
            unit="quality",
            n=effect.n,
            method="two one-sided tests at 5 % (90 % interval inside the margin)",
            level=0.90,
            groups=where,
        )


def shares_only(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the measurements without qualities of which less is better: a margin in points is none for them."""
    known = pl.when(~pl.col("quality_metric").str.to_lowercase().is_in(LOWER_IS_BETTER)).then(
        pl.col("quality_value")
    )
    unnamed = pl.when(pl.col("quality_metric").is_null()).then(pl.col("quality_value"))
    return frame.with_columns(quality_value=pl.coalesce(known, unnamed))
