"""The derived tables made anew from the raw ones: energies, then impacts, then scores."""

import hashlib
from typing import TYPE_CHECKING

from ecoanalysis.energy.doubts import PREFIX
from ecoanalysis.energy.estimate import specification_curve
from ecoanalysis.energy.measurement import build
from ecoanalysis.energy.phase_energy import CurveOf
from ecoanalysis.impact.assess import assess
from ecoanalysis.impact.place import Place, find_place
from ecoanalysis.impact.rate import rate
from ecoanalysis.impact.score import check_convention
from ecoanalysis.settings import Settings
from ecoanalysis.store.frame import frame, insert
from ecoanalysis.store.freshness import code_digest, raw_digest
from ecoanalysis.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_NOTES = "impact_"  # the notes of a rebuild's factors bear this prefix
_COLUMNS = """
SELECT m.id AS measurement_id, m.device, m.device_kind, m.boundary, m.basis, m.items_count, m.energy_j,
       m.energy_per_item_j, m.low_per_item_j, m.high_per_item_j, m.pue_included, c.model, c.precision,
       c.params_count, c.active_params_count
FROM measurement m LEFT JOIN config c ON c.id = m.config_id ORDER BY m.id
"""


def rebuild(
    con: "duckdb.DuckDBPyConnection", settings: Settings, curve_of: CurveOf = specification_curve
) -> None:
    """Fill the derived tables of an open, writable database under the settings: energies, impacts and scores.

    `curve_of` gives the power curve of a device without an energy sensor, as `energy.measurement.build` wants it.
    Raises `EcoError` for a region, site or QF convention that does not exist, before anything is changed.
    """
    check_convention(settings.qf, settings.ess_params)
    place = find_place(settings)
    build(con, curve_of)  # the expensive step, and it depends on no factor: `reassess` does without it
    reassess(con, settings, place)
    with transaction(con):
        con.execute("DELETE FROM derived_from")
        con.execute("INSERT INTO derived_from VALUES (?)", [_made_from(con, settings, curve_of)])


def refresh(
    con: "duckdb.DuckDBPyConnection", settings: Settings, curve_of: CurveOf = specification_curve
) -> None:
    """Do what `rebuild` does, but keep energies that were made from the same raw rows by the same code and curves."""
    if con.execute("FROM derived_from").fetchall() == [(_made_from(con, settings, curve_of),)]:
        reassess(con, settings)
    else:
        rebuild(con, settings, curve_of)


def _made_from(con: "duckdb.DuckDBPyConnection", settings: Settings, curve_of: CurveOf) -> str:
    """Return the digest of all that decides the energies; curves by name: what they follow is in the rest."""
    curve = f"{curve_of.__module__}.{curve_of.__qualname__}"
    made_from = [
        code_digest(),
        raw_digest(con, (PREFIX, _NOTES)),
        curve,
        settings.cpu_idle_w,
        settings.cpu_full_w,
    ]
    return hashlib.sha256(repr(made_from).encode()).hexdigest()


def reassess(con: "duckdb.DuckDBPyConnection", settings: Settings, place: Place | None = None) -> None:
    """Fill `impact` and `score` anew from the measurements that are there, under the settings' factors."""
    check_convention(settings.qf, settings.ess_params)
    place = place or find_place(settings)
    rows = frame(con, _COLUMNS)
    impact = assess(rows, place)
    score = rate(rows.join(impact, on="measurement_id", how="left"), settings)
    with transaction(con):
        for table, filled in (("impact", impact), ("score", score)):
            con.execute(f"DELETE FROM {table}")
            insert(con, table, filled)
        _note(con, place)


def _note(con: "duckdb.DuckDBPyConnection", place: Place) -> None:
    """Replace the notes of an earlier rebuild by those of this one."""
    con.execute(f"DELETE FROM note WHERE starts_with(code, '{_NOTES}')")
    for note in place.notes:
        con.execute(
            "INSERT INTO note (code, text, severity, hint) VALUES (?, ?, ?, ?)",
            [note.code, note.text, note.severity, note.hint],
        )
