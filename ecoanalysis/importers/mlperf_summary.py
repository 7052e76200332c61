"""MLPerf Inference summaries, as MLCommons publishes them: a row of the rate and a row of the power of each result."""

from typing import Any

import polars as pl

from ecoanalysis.errors import EcoError
from ecoanalysis.importers import mlperf_results
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.mlenergy_timeline import parse_json
from ecoanalysis.importers.table import read_table

TITLE = "MLPerf Inference summary with power (summary.csv, cm-result.json)"
_NEED = ("Organization", "Division", "Platform", "MlperfModel", "Scenario", "Result", "Units", "Location")
# The submission checker's units of power rows -> those of the results table; millijoules are of a query.
_POWER = {"Watts": "W", "millijoules": "mJ/query"}


def sniff(head: Head) -> bool:
    """Say whether it is the checker's table, or the list of its rows in JSON."""
    listed = head.text.lstrip().startswith("[") and all(f'"{name}"' in head.text for name in _NEED)
    return listed or head.has(*_NEED)


def read(head: Head, options: Options) -> Imported:
    """Return one result per result with power: its rate or latency with the power of the row beside it.

    Raises `EcoError` where no row states a power.
    """
    rows = _rows(head)
    powers = {_key(row): row for row in rows if row.get("Units") in _POWER}
    rates = [row for row in rows if row.get("Units") not in _POWER]
    both = [_joined(row, powers[_key(row)]) for row in rates if _key(row) in powers]
    if not both:
        raise EcoError(
            f"{head.path}: {len(rates)} results, none with a row of its power",
            "take the results of closed-power or open-power",
        )
    draft = mlperf_results.draft_of(head, "mlperf_summary")
    if alone := len(rates) - len(both):
        draft.note("performance_only", f"{alone} results without a power are left out")
        draft.leave_out("a result without a power", alone)
    draft.leave_out("a power, beside the row of its result", len(rows) - len(rates))
    frame = pl.DataFrame(both, infer_schema_length=None)
    return mlperf_results.import_frame(draft, frame, rows_count=len(rows))


def _rows(head: Head) -> list[dict[str, Any]]:
    """Return the rows of the file, each cell as text."""
    if not head.text.lstrip().startswith("["):
        return read_table(head, need=_NEED).to_dicts()
    listed = parse_json(head)
    dicts = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    return [
        {str(name): None if value is None else str(value) for name, value in row.items()} for row in dicts
    ]


def _key(row: dict[str, Any]) -> tuple[object, ...]:
    """Return what the rows of one result share: its version and its place among the submissions."""
    return row.get("version"), row.get("Location"), row.get("Model"), row.get("Scenario")


def _joined(rate: dict[str, Any], power: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the results table from the two rows of a result."""
    watts = power.get("Result_Power") or power.get("Result")
    return {name.lower(): value for name, value in rate.items()} | {
        "result_units": rate.get("Units"),
        "result_power": watts,
        "power_units": _POWER[power["Units"]],
        "precision_from_model_name": rate.get("weight_data_types"),
    }
