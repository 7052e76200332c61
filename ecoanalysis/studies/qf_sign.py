"""What quantization does to ESS under each convention for the quantisation factor."""

import math

import polars as pl

from ecoanalysis.impact.score import quantisation_factor
from ecoanalysis.records import Finding
from ecoanalysis.studies.effect import clustered_mean


def qf_findings(pairs: pl.DataFrame) -> list[Finding]:
    """Return, per precision contrast, the change of ESS under QF = 1 and QF = bits/32, with a plain warning.

    log ESS ratio = log QF ratio - log energy ratio: the grid cancels, as both sides run on the same one.
    """
    findings = []
    for key, part in pairs.group_by("treatment", "reference", maintain_order=True):
        treatment, reference = (str(value) for value in key)
        factors = [quantisation_factor(precision, "bits32") for precision in (treatment, reference)]
        if factors[0] is None or factors[1] is None:
            continue
        energy = clustered_mean(part["log_ratio"], part["base_model"])
        shift = math.log(factors[0] / factors[1])
        unit, bits = math.exp(-energy.mean), math.exp(shift - energy.mean)
        flips = (unit > 1) != (bits > 1)
        warning = (
            f"the sign depends on the convention: ESS {'rises' if unit > 1 else 'falls'} with QF = 1 and "
            f"{'rises' if bits > 1 else 'falls'} with QF = bits/32"
        )
        low, high = (None if bound is None else math.exp(-bound) for bound in (energy.high, energy.low))
        findings.append(
            Finding(
                name=f"ESS of {treatment} over {reference}",
                estimand="ESS at the lower precision over ESS at the reference",
                sentence=(
                    f"{treatment} multiplies ESS by {unit:.2f} when every parameter counts as one (QF = 1), and by "
                    f"{bits:.2f} when parameters count by their bits (QF = bits/32): {unit:.2f} from energy, "
                    f"{math.exp(shift):.2f} from the convention, 1.00 from the grid."
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
                measurement_ids=tuple(sorted({i for ids in part["measurement_ids"].to_list() for i in ids})),
            )
        )
    return findings
