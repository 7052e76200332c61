"""How well the time per item of own runs repeats: by its mean over the window, and by its fastest batch.

The mean is the headline: it is the time that was paid for, and energies go with it. The fastest batch is what the
configuration takes where nothing else has the machine; it repeats on shared hosts too (J. Chen and J. Revels 2016,
arXiv:1608.04295).
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ecoanalysis.records import Finding
from ecoanalysis.studies.comparison import CLAIM
from ecoanalysis.studies.frame import width
from ecoanalysis.studies.pairs import MATCH_ON
from ecoanalysis.studies.words import counted, place_of

_LAST_PHASES = ("infer", "decode")  # the fastest batch is one of the last window: prefill goes before it


def time_findings(frame: pl.DataFrame) -> Iterator[Finding]:
    """Yield per data set and device how the two times per item scatter between repeats, where runs tell both."""
    if "fastest_item_s" not in frame.columns:
        return
    scatter = _scatter(frame)
    for key, part in scatter.group_by("dataset", "device", maintain_order=True):
        dataset, device = (str(value) for value in key)
        means, fastest = part["cv_mean"].to_numpy(), part["cv_fastest"].to_numpy()
        within = [int((ratios <= CLAIM).sum()) for ratios in (means, fastest)]
        low, high = (float(bound) for bound in np.quantile(means, [0.025, 0.975]))
        middles = [float(np.median(ratios)) for ratios in (means, fastest)]
        yield Finding(
            name=f"time: {place_of(device, None, dataset)}",
            estimand="coefficient of variation over repeats of the mean time per item",
            sentence=(
                f"The time per item on {place_of(device, None, dataset)}, its mean over the window, with which the "
                f"energies go, scatters by {middles[0]:.1%} between repeats (median of "
                f"{counted(part.height, 'configuration')}; within {CLAIM:.0%}: {within[0]:,}), that of the fastest "
                f"batch by {middles[1]:.1%} (within {CLAIM:.0%}: {within[1]:,})."
            ),
            estimate=middles[0],
            low=low,
            high=high,
            unit="ratio",
            n=part.height,
            method="sample coefficient of variation; the interval holds the central 95 % of configurations",
            groups={"dataset": dataset, "device": device, "fastest_batch": f"{middles[1]:.3g}"},
            basis="measured",
            measurement_ids=tuple(sorted(i for ids in part["ids"].to_list() for i in ids)),
        )


def _scatter(frame: pl.DataFrame) -> pl.DataFrame:
    """Return per configuration that ran more than once: how mean and fastest time per item vary.

    A run counts once, whatever was metered of it: by the row of its widest boundary, which names the same devices in
    every repeat.
    """
    keys = [key for key in MATCH_ON if key in frame.columns and key not in ("boundary", "basis")]
    runs = frame.filter(pl.col("fastest_item_s") > 0, pl.col("phase").is_in(_LAST_PHASES))
    mean_s = 1 / pl.col("throughput_items_per_s")
    return (
        runs.sort(width(), "id")
        .unique(["run_id", "phase"], keep="first", maintain_order=True)
        .group_by(keys, maintain_order=True)
        .agg(
            n=pl.len(),
            cv_mean=mean_s.std() / mean_s.mean(),
            cv_fastest=pl.col("fastest_item_s").std() / pl.col("fastest_item_s").mean(),
            ids=pl.col("id"),
        )
        .filter(pl.col("n") > 1, pl.col("cv_mean").is_finite())
    )
