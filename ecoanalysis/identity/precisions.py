"""What is known of a number format: its canonical name, its bits, what the arithmetic runs in."""

from dataclasses import dataclass
from functools import cache

from ecoanalysis.identity.key import plain_key
from ecoanalysis.identity.table import read_rows


@dataclass(frozen=True, slots=True)
class Precision:
    """A number format of weights.

    `bits` is the mean number of bits that a weight takes, scales included where the format defines them;
    `compute` is the format whose peak rate bounds the arithmetic; `stack` the software whose own format it is.
    """

    name: str
    bits: float
    compute: str
    stack: str | None
    source: str


def find_precision(name: str | None) -> Precision | None:
    """Return the number format of that name or alias (bf16 = bfloat16), None for an unknown one."""
    return _index().get(plain_key(name)) if name else None


@cache
def _index() -> dict[str, Precision]:
    """Return the formats by the keys of their names and aliases."""
    index: dict[str, Precision] = {}
    for row in read_rows("ecoanalysis.identity", "precisions"):
        bits, stack = float(row["bits"]), row["stack"] or None
        precision = Precision(row["name"], bits, row["compute"], stack, row["source"])
        for alias in [row["name"], *filter(None, row["aliases"].split("|"))]:
            index.setdefault(plain_key(alias), precision)
    return index
