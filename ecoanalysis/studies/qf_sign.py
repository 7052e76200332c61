"""What quantization does to ESS under each convention for the quantisation factor."""

import math

import polars as pl

from ecoanalysis.impact.score import quantisation_factor
from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import clustered_mean
from ecoanalysis.studies.pairs import ids_behind


def qf_findings(pairs: pl.DataFrame) -> list[Finding]:
    """Return, per precision contrast, the change of ESS under QF = 1 and QF = bits/32, with a plain warning.

    log ESS ratio = log QF ratio - log energy ratio: the grid cancels, as both sides run on the same one.
    """
    findings = []
    for key, part in pairs.group_by("treatment", "reference", maintain_order=True):
        treatment, reference = (str(value) for value in key)
        factors = [quantisation_factor(precision, "bits32") for precision in (treatment, reference)]
        if factors[0] is not None and factors[1] is not None:
            findings.append(_finding(treatment, reference, part, factors[0] / factors[1]))
    return findings


def _finding(treatment: str, reference: str, part: pl.DataFrame, convention: float) -> Finding:
    """Return the change of ESS of one contrast; `convention` is the ratio of the two QF under bits/32."""
    energy = clustered_mean(part["log_ratio"], part["base_model"])
    low, high = (None if bound is None else math.exp(-bound) for bound in (energy.high, energy.low))
    unit = math.exp(-energy.mean)
    bits = unit * convention
    warning = f"the sign depends on the convention: ESS {_moves(unit)} with QF = 1 and {_moves(bits)} with QF = bits/32"
    flips = (unit > 1) != (bits > 1)
    return Finding(
        name=f"ESS of {treatment} over {reference}",
        estimand="ESS at the lower precision over ESS at the reference",
        sentence=(
            f"{treatment} multiplies ESS by {unit:.2f} when every parameter counts as one (QF = 1), and by "
            f"{bits:.2f} when parameters count by their bits (QF = bits/32): {unit:.2f} from energy, "
            f"{convention:.2f} from the convention, 1.00 from the grid."
            + (f" Beware: {warning}." if flips else "")
        ),
        estimate=unit,
        low=low,
        high=high,
        unit="ratio",
        n=energy.n,
        method="matched pairs, clustered by model; decomposition in log",
        groups={"treatment": treatment, "reference": reference, "bits32": f"{bits:.4f}"},
        warnings=(warning,) if flips else (),
        measurement_ids=ids_behind(part),
    )


def _moves(ratio: float) -> str:
    """Return the direction of a change."""
    return "rises" if ratio > 1 else "falls"
