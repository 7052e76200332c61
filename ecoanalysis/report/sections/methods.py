"""How each number was obtained."""

import polars as pl

from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Block, Bullets, Column, Equation, Prose, Section, Table
from ecoanalysis.report.numbers import count, text
from ecoanalysis.report.quantities import BOUNDARIES, METHODS, intensity

_WAYS = 3
_EMBODIED = {
    False: "The making of the hardware is not included.",
    True: "The making of the hardware is counted in the study of hardware mismatch alone.",
}


def build(context: Context) -> tuple[Section, ...]:
    """Return the methods and the limits."""
    blocks: list[Block] = [Prose(paragraph(context))]
    if context.cells.height:
        blocks.append(_bases(context))
    blocks += [*_definitions(), Prose(_bounds())]
    return (
        Section("methods", "Methods", tuple(blocks), placed=True),
        Section("limits", "Limits", (Bullets(_limits(context)),)),
    )


def paragraph(context: Context) -> str:
    """Return the paragraph that a reproducibility checklist asks for."""
    carbon = context.place.carbon
    energies = context.cells if context.cells.height else context.uncounted
    return (
        f"Energy is {_energies(energies)}. {_repeats(context.cells)}"
        "Intervals are at 95 %: the bound of sensor and integration, which repeats share, in quadrature with a "
        "Student t interval of the mean over repeats. Energies are gross unless a column says otherwise. "
        f"Carbon is location-based: {text(intensity(carbon))} of CO₂e ({carbon.name.replace('Location', 'location')}; "
        f"data of {carbon.year or 'no stated year'}) [@carbonfactor]. {_failed(context.runs)}"
    )


def _failed(runs: pl.DataFrame) -> str:
    """Return how many recorded runs failed, in a sentence."""
    if runs.is_empty():
        return "No run was recorded here: all data are imported."
    failed = runs.filter(pl.col("status").is_in(["failed", "truncated"])).height
    if not failed:
        return f"Of {count(runs.height)} recorded runs none failed or broke off."
    said = f"Of {count(runs.height)} recorded runs {count(failed)} failed or broke off"
    return f"{said}; they enter nothing but this count."


def _energies(cells: pl.DataFrame) -> str:
    """Return how energies were obtained, the commonest ways first; a table lists them all."""
    counts = cells.group_by("method", "basis").len()
    ways = counts.sort(["len", "method", "basis"], descending=[True, False, False])
    named = [_method(method, basis) for method, basis, _ in ways.head(_WAYS).rows()]
    rest = ways.height - len(named)
    others = "; or in one other way" if rest == 1 else f"; or in one of {rest} other ways" if rest > 0 else ""
    return "; ".join(named) + others if named else "not known"


def _repeats(cells: pl.DataFrame) -> str:
    """Return how often configurations were repeated, in a sentence."""
    if cells.is_empty():
        return ""
    least, most = sorted(cells["repeats"].to_list())[0], sorted(cells["repeats"].to_list())[-1]
    if most == 1:
        return "Each configuration was measured once. "
    times = f"{least} times" if least == most else f"{least} to {most} times"
    return f"Configurations were measured {times}. "


def _method(method: str | None, basis: str | None) -> str:
    """Return a method in words."""
    return METHODS.get(str(method), f"{basis} ({method})" if method else str(basis))


def _bases(context: Context) -> Table:
    """Return how many configurations rest on which basis, boundary and method."""
    grouped = (
        context.cells.group_by("dataset", "device_kind", "basis", "boundary", "method", "idle_treatment")
        .agg(pl.len().alias("n"))
        .sort("dataset", "device_kind", "basis", "boundary", "method", "idle_treatment", nulls_last=True)
    )
    rows = tuple(
        (
            str(r["dataset"]),
            str(r["device_kind"] or "–").replace("_", " "),
            str(r["basis"]),
            BOUNDARIES.get(str(r["boundary"]), str(r["boundary"])),
            METHODS.get(str(r["method"]), str(r["method"])),
            str(r["idle_treatment"] or "–"),
            int(r["n"]),
        )
        for r in grouped.iter_rows(named=True)
    )
    columns = (
        *tuple(Column(name) for name in ("Data", "Device", "Basis", "Boundary", "Method", "Idle")),
        Column("n", "right"),
    )
    return Table(
        "bases",
        "Where the energies come from",
        "Only energies of one boundary may be compared.",
        columns,
        rows,
        len(rows),
        appendix=len(rows) > 12,
    )


def _definitions() -> tuple[Block, ...]:
    """Return the definitions of carbon, water and ESS."""
    return (
        Prose(
            "The carbon C of an energy E follows from the intensity I of the grid and the building's overhead PUE "
            "[@iso30134]; a facility's energy has that overhead in it and is not multiplied again:"
        ),
        Equation("C = E · PUE · I", 'C = E dot "PUE" dot I', r"C = E \cdot \mathrm{PUE} \cdot I"),
        Prose(
            "The water W is that of cooling on site (WUE) and of the power plants (EWIF) [@li2025,reig2020]:"
        ),
        Equation(
            "W = E · (WUE + PUE · EWIF)",
            'W = E dot ("WUE" + "PUE" dot "EWIF")',
            r"W = E \cdot (\mathrm{WUE} + \mathrm{PUE} \cdot \mathrm{EWIF})",
        ),
        Prose(
            "The score ESS sets N parameters, weighted by the convention QF for their precision, against the grams C "
            "of 1,000 items [@minoza2025]:"
        ),
        Equation(
            "ESS = N · QF ÷ (10⁶ · C)",
            '"ESS" = (N dot "QF") / (10^6 dot C)',
            r"\mathrm{ESS} = \frac{N \cdot \mathrm{QF}}{10^{6} \cdot C}",
        ),
    )


def _bounds() -> str:
    """Return how bounds combine."""
    return (
        "The bound of a board's own sensor is that of its gain [@yang2024]. Bounds of factors combine as independent "
        "relative errors, above and below apart."
    )


def _limits(context: Context) -> tuple[str, ...]:
    """Return what these numbers cannot say."""
    limits = [
        "Energies of different boundaries (package, board, wall) are never one quantity: a mean or ratio is of one.",
        f"{_EMBODIED[context.settings.embodied]} Networks and training are not included.",
        "ESS has no functional unit: it does not know whether the answer is right.",
        "An annual average intensity does not describe the hour at which a run took place.",
    ]
    if context.cells["basis"].is_in(["estimated", "assumed"]).any():
        limits.insert(
            0,
            "Estimated energies follow utilisation, not power: they rank workloads better than machines.",
        )
    return tuple(limits)
