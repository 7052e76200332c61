"""Several questions at once: from a CSV file, and from values to compare."""

import csv
from itertools import product
from pathlib import Path
from typing import Any

from ecoanalysis.errors import EcoError


def question_rows(base: dict[str, Any], table: Path | None, compare: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the answers of every configuration asked about: the options, a table's rows, all that compare names.

    `base` has every known answer, None where it was not given; each text of `compare` is KEY=VALUE[,VALUE…]. Raises
    `EcoError` for unknown columns and keys, and for anchors of one deployment beside questions about several.
    """

    rows = [base | row for row in _of_table(table, base)] if table else [base]
    choices = []
    for text in compare:
        key, _, values = text.partition("=")
        key = key.replace("-", "_")
        if key not in base or not values:
            raise EcoError(f"cannot compare {text!r}", f"--compare device=H100,A100; keys: {', '.join(base)}")
        choices.append([(key, value.strip()) for value in values.split(",")])
    found = [row | dict(chosen) for row in rows for chosen in product(*choices)]
    several = (
        len({tuple(v for k, v in row.items() if k not in ("batch_size", "region", "pue")) for row in found})
        > 1
    )
    if several and base["anchors"] and base["anchors"] != "own":
        raise EcoError("anchors belong to one deployment, several are asked about", "compare batch_size only")
    return found


def _of_table(table: Path, base: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a CSV file of questions; empty cells fall back on the options."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            read = list(csv.DictReader(file))
    except UnicodeDecodeError as error:
        raise EcoError(f"{table} is no UTF-8 text", "save it as CSV, UTF-8") from error
    if any(None in row for row in read):
        raise EcoError(f"{table}: a row has more cells than the head", "quote cells that hold commas")
    rows = [
        {k.strip().replace("-", "_"): v.strip() for k, v in row.items() if k and v and v.strip()}
        for row in read
    ]
    unknown = sorted({name for row in rows for name in row} - set(base))
    if unknown or not rows:
        raise EcoError(
            f"{table}: unknown columns {', '.join(unknown) or '(no rows)'}", f"columns: {', '.join(base)}"
        )
    return rows
