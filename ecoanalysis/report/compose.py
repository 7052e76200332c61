"""A report composed of its sections."""

import hashlib
from datetime import UTC, datetime

from ecoanalysis import __version__
from ecoanalysis.errors import EcoError
from ecoanalysis.records import Quantity
from ecoanalysis.report.cells import thriftiest
from ecoanalysis.report.citations import references
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Report, Section
from ecoanalysis.report.quantities import carbon, energy, score, water
from ecoanalysis.report.sections import (
    methods,
    prediction,
    provenance,
    results,
    skill,
    studies,
    summary,
)

SECTIONS = {
    "summary": summary.build,
    "results": results.build,
    "studies": studies.build,
    "prediction": prediction.build,
    "skill": skill.build,
    "methods": methods.build,
    "provenance": provenance.build,
}


def compose(context: Context, title: str | None = None, sections: tuple[str, ...] = ()) -> Report:
    """Return the report; `sections` are names of `SECTIONS`, none meaning all.

    Its date is that of the newest measurement, so the same database gives the same bytes.
    Raises `EcoError` for a section that does not exist.
    """
    unknown = [name for name in sections if name not in SECTIONS]
    if unknown:
        raise EcoError(f"unknown section {unknown[0]!r}", f"choose from: {', '.join(SECTIONS)}")
    built: list[Section] = []
    for name, build in SECTIONS.items():
        if not sections or name in sections:
            built += build(context)
    rows = context.cells.drop("run_ids", "measurement_ids").rows()
    found = [
        (s.answer, [(f.sentence, f.low, f.estimate, f.high) for f in s.findings]) for s in context.studies
    ]
    content = repr([rows, found, [section.id for section in built], context.place.hash, title])
    return Report(
        title=title or "The environmental cost of inference",
        subtitle=_subtitle(context),
        date=_date(context),
        fingerprint=hashlib.sha256(content.encode()).hexdigest()[:16],
        version=__version__,
        abstract=summary.abstract(context),
        sections=tuple(section for section in built if section.blocks),
        references=references(context),
        facts=_facts(context),
    )


def _subtitle(context: Context) -> str:
    """Return where the data come from."""
    of_records = context.cells.is_empty() and context.uncounted.height
    shown_of = context.uncounted if of_records else context.cells
    names = sorted({str(name) for name in shown_of["device"].drop_nulls().to_list()})
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more devices" if len(names) > 3 else "")
    what = "Energy, carbon and water of whole records" if of_records else "Energy, carbon, water and ESS"
    return f"{what} on {shown}" if names else "Utilisation of recorded runs"


def _date(context: Context) -> str:
    """Return the day of the newest run or import."""
    times = [
        *context.measurements["started_utc_ns"].drop_nulls().to_list(),
        *context.runs["started_utc_ns"].drop_nulls().to_list(),
        *context.sources["imported_utc_ns"].drop_nulls().to_list(),
    ]
    return datetime.fromtimestamp(max(times) / 1e9, UTC).strftime("%Y-%m-%d") if times else ""


def _facts(context: Context) -> dict[str, Quantity]:
    """Return the headline numbers by name, for papers."""
    if context.cells.is_empty():
        return {}
    best = thriftiest(context.cells)
    return {
        "LowestEnergyPerItem": energy(best),
        "LowestCarbonPerThousand": carbon(best),
        "LowestWaterPerThousand": water(best),
        "LowestEnergyEss": score(best),
    }
