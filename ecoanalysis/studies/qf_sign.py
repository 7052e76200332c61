"""What quantization does to ESS under each convention for the quantisation factor."""

import math
from collections.abc import Iterator, Sequence

from ecoanalysis.impact.score import CONVENTIONS, quantisation_factor
from ecoanalysis.records import Finding
from ecoanalysis.studies.contrast import Contrast
from ecoanalysis.studies.pairs import ids_behind
from ecoanalysis.studies.words import figure, times

_SAID = {"unit": "1", "bits32": "bits/32", "table": "our table's"}


def qf_findings(found: Sequence[Contrast]) -> Iterator[Finding]:
    """Yield, per contrast, the change of ESS under each convention, with a plain warning where they disagree.

    log ESS ratio = log QF ratio - log energy ratio: the grid cancels, as both sides run on the same one.
    """
    for contrast in found:
        factors = {
            convention: ratio
            for convention in CONVENTIONS
            if (ratio := _qf_ratio(contrast.treatment, contrast.reference, convention))
        }
        if len(factors) > 1:
            yield _finding(contrast, factors)


def _qf_ratio(treatment: str, reference: str, convention: str) -> float | None:
    """Return QF of the treatment over QF of the reference, None where the convention knows one of them not."""
    ours, theirs = (quantisation_factor(precision, convention) for precision in (treatment, reference))
    return ours / theirs if ours and theirs else None


def _finding(contrast: Contrast, factors: dict[str, float]) -> Finding:
    """Return the change of ESS of one contrast; `factors` are the ratios of QF by convention."""
    energy = contrast.effect
    low, high = (None if bound is None else math.exp(-bound) for bound in (energy.high, energy.low))
    unit = math.exp(-energy.mean)
    changes = {convention: unit * factor for convention, factor in factors.items()}
    warning = _warning(changes)
    others = "; ".join(
        f"{figure(unit * factor)} where QF is {said} (a part of {figure(factor)} is the convention's)"
        for factor, said in _alike(factors).items()
        if factor != 1.0
    )
    if low is None or high is None:
        doubt = " (one model carries no interval)"
    else:
        doubt = ", which cannot be told from no change" if low <= 1 <= high else ""
    return Finding(
        name=f"ESS of {contrast.treatment} over {contrast.reference}",
        estimand="ESS at the lower precision over ESS at the reference, every parameter counting as one",
        sentence=(
            f"{contrast.treatment} multiplies the ESS of {contrast.reference} by {times(unit, low, high)} where every "
            f"parameter counts as one{doubt}: energy alone moves "
            f"it, the grid is the same. By {others}." + (f" Beware: {warning}." if warning else "")
        ),
        estimate=unit,
        low=low,
        high=high,
        unit="ratio",
        n=energy.n,
        method="the energy effect over all places, turned over; decomposition in log: energy, QF, grid (1)",
        groups={
            "treatment": contrast.treatment,
            "reference": contrast.reference,
            **{convention: f"{change:.4f}" for convention, change in changes.items()},
        },
        basis="estimated" if (contrast.pairs["basis"] == "estimated").any() else "derived",
        warnings=(warning,) if warning else (),
        measurement_ids=ids_behind(contrast.pairs),
    )


def _alike(factors: dict[str, float]) -> dict[float, str]:
    """Return conventions in words by their factor: those that agree to two digits are said together."""
    words: dict[float, list[str]] = {}
    for convention, factor in factors.items():
        words.setdefault(float(f"{factor:.2g}"), []).append(_SAID[convention])
    return {factor: " or ".join(said) for factor, said in words.items()}


def _warning(changes: dict[str, float]) -> str:
    """Return the plain warning where conventions disagree on the sign, else nothing."""
    up = [_SAID[convention] for convention, change in changes.items() if change > 1]
    down = [_SAID[convention] for convention, change in changes.items() if change <= 1]
    if not up or not down:
        return ""
    return f"the sign depends on the convention: ESS rises with QF {' or '.join(up)} and falls with {' or '.join(down)}"
