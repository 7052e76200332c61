"""The ecological score ESS: effective parameters per gram of CO2."""

from functools import cache

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.precisions import find_precision
from ecoanalysis.identity.table import read_rows
from ecoanalysis.impact.factor import PACKAGE

CONVENTIONS = ("unit", "bits32", "table")
PARAMS_KINDS = ("total", "active")


def ess(params_count: float | None, co2_g: float | None, qf: float = 1.0) -> float | None:
    """Return ESS = N · QF ÷ 10⁶ ÷ gCO2, None where it is undefined: CO2 or parameters missing, or zero.

    `co2_g` [g] is of the run (`ess_run`) or of 1,000 items (`ess`). Minoza et al. 2025, arXiv:2511.06694. The score
    rises with the size of the model at equal quality: read it beside energy per item and quality.

    >>> ess(124e6, 1.0), ess(7e9, 50.0)
    (124.0, 140.0)
    """
    if not params_count or params_count < 0 or not co2_g or co2_g < 0:
        return None
    return params_count * qf / 1e6 / co2_g


def quantisation_factor(precision: str | None, convention: str = "unit") -> float | None:
    """Return QF of a precision: 1 (unit), bits ÷ 32 (bits32), or the row of `tables/qf.csv` (table).

    None for a precision that the convention does not know. Raises `EcoError` for an unknown convention.
    """
    check_convention(convention)
    if convention == "unit":
        return 1.0
    found = find_precision(precision)
    if found is None:
        return None
    return found.bits / 32 if convention == "bits32" else _table().get(found.name)


def check_convention(convention: str, params_kind: str = "total") -> None:
    """Raise `EcoError` for a convention, or a kind of parameters, that does not exist."""
    if convention not in CONVENTIONS:
        raise EcoError(f"unknown QF convention {convention!r}", f"use one of: {', '.join(CONVENTIONS)}")
    if params_kind not in PARAMS_KINDS:
        raise EcoError(f"unknown ess_params {params_kind!r}", f"use one of: {', '.join(PARAMS_KINDS)}")


@cache
def _table() -> dict[str, float]:
    """Return QF by precision as the table has it."""
    return {row["precision"]: float(row["value"]) for row in read_rows(PACKAGE, "qf")}
