"""A factor with its provenance: what turns energy into grams, litres or kilograms."""

import hashlib
import math
from dataclasses import astuple, dataclass
from difflib import get_close_matches
from functools import cache

from ecoanalysis.errors import EcoError
from ecoanalysis.identity.key import plain_key
from ecoanalysis.identity.table import number, read_rows

PACKAGE = "ecoanalysis.impact"
UNKNOWN, SETTING = "UNKNOWN", "SETTING"


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor. `low` and `high` bound it at 95 %; status "assumed" marks one taken for want of a statement."""

    value: float
    low: float
    high: float
    unit: str
    region: str
    name: str
    year: int | None
    source: str
    url: str
    status: str
    licence: str
    note: str

    @property
    def up(self) -> float:
        """The width above, ln(high ÷ value); 0 for an exact factor."""
        return math.log(self.high / self.value) if self.high > self.value > 0 else 0.0

    @property
    def down(self) -> float:
        """The width below, ln(value ÷ low); 0 for an exact factor."""
        return math.log(self.value / self.low) if self.value > self.low > 0 else 0.0


def given(value: float, unit: str, setting: str) -> Factor:
    """Return a factor that the user states: exact, with the setting as its source."""
    return Factor(
        value,
        value,
        value,
        unit,
        SETTING,
        setting,
        None,
        f"setting {setting}",
        "",
        "given",
        "",
        "given by the user",
    )


@cache
def table_factors(table: str, kind: str | None = None) -> tuple[Factor, ...]:
    """Return the factors of `tables/<table>.csv`, of one kind where the table has kinds.

    A row without bounds is bounded by ±30 %: a figure of an operator, for a site of it that is not known.
    """
    rows = [row for row in read_rows(PACKAGE, table) if kind is None or row.get("kind") == kind]
    return tuple(_factor(row) for row in rows)


def find_factor(table: str, region: str, kind: str | None = None) -> Factor | None:
    """Return the factor of a region or site, by code or by name, None where the table has none."""
    wanted = plain_key(region)
    found = [f for f in table_factors(table, kind) if wanted in (plain_key(f.region), plain_key(f.name))]
    return found[0] if found else None


def near_regions(table: str, region: str, kind: str | None = None, limit: int = 4) -> list[str]:
    """Return codes whose code or name looks like `region`, for an error message."""
    codes: dict[str, str] = {}
    for factor in table_factors(table, kind):
        codes |= {factor.region.lower(): factor.region, factor.name.lower(): factor.region}
    start = [code for name, code in codes.items() if name.startswith(region.lower())]
    near = [codes[name] for name in get_close_matches(region.lower(), codes, n=limit, cutoff=0.5)]
    return [code for code in dict.fromkeys([*start, *near]) if code != UNKNOWN][:limit]


def unknown_region(table: str, region: str, kind: str | None = None) -> EcoError:
    """Return the error for a region or site that the tables do not have, with near ones."""
    near = ", ".join(near_regions(table, region, kind)) or "WORLD"
    return EcoError(
        f"unknown region or site {region!r}", f"did you mean: {near}? all of them: eco factors --all"
    )


def factors_hash(factors: list[Factor]) -> str:
    """Return 16 digits that change whenever one of the factors does."""
    return hashlib.sha256(repr([astuple(factor) for factor in factors]).encode()).hexdigest()[:16]


def _factor(row: dict[str, str]) -> Factor:
    """Return a row of a factor table as a record."""
    value = float(row["value"])
    low, high = number(row["low"]), number(row["high"])
    return Factor(
        value=value,
        low=0.7 * value if low is None else low,
        high=1.3 * value if high is None else high,
        unit=row["unit"],
        region=row["region"],
        name=row["name"],
        year=int(row["year"]) if row["year"] else None,
        source=row["source"],
        url=row["url"],
        status=row["status"],
        licence=row["licence"],
        note=row["note"],
    )
