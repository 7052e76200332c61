"""The opening: the few numbers that matter, and what a reader must know before using them."""

import polars as pl

from ecoanalysis.records import Quantity
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Block, Callout, Cards, Cell, Prose, Section
from ecoanalysis.report.numbers import count, text
from ecoanalysis.report.quantities import carbon, energy, score, water


def build(context: Context) -> tuple[Section, ...]:
    """Return the summary."""
    blocks: list[Block] = [Prose(abstract(context)), Cards(_cards(context))]
    blocks += _warnings(context)
    return (Section("summary", "Summary", tuple(blocks)),)


def abstract(context: Context) -> str:
    """Return what was run on what, and the range of the energies, in sentences."""
    cells = context.cells
    if cells.is_empty():
        return (
            f"{count(context.runs.height)} runs were recorded, none with an energy per item: "
            "the notes say what is missing."
        )
    models, devices = cells["model"].n_unique(), cells["device"].n_unique()
    datasets = [str(name) for name in cells["dataset"].unique(maintain_order=True).to_list()]
    text_ = (
        f"This report covers {_n(cells.height, 'configuration')} of {_n(models, 'model')} on {_n(devices, 'device')}, "
        f"from {_n(context.measurements.height, 'measurement')} ({_listed(datasets)}). "
    )
    for unit in _units(cells)[:2]:
        part = cells.filter(pl.col("item_unit") == unit).sort("energy_per_item_j")
        low, high = part.row(0, named=True), part.row(-1, named=True)
        if part.height > 1:
            text_ += (
                f"Energy per {unit} spans {text(energy(low))} ({low['model']} on {low['device']}) to "
                f"{text(energy(high))} ({high['model']} on {high['device']}). "
            )
        else:
            text_ += f"Energy per {unit}: {text(energy(low))}. "
    return text_ + _place(context)


def _cards(context: Context) -> tuple[tuple[str, Cell, str], ...]:
    """Return the headline numbers."""
    cells = context.cells
    cards: list[tuple[str, Cell, str]] = [
        ("Configurations", cells.height, f"{_n(context.measurements.height, 'measurement')} with an energy"),
    ]
    if cells.is_empty():
        return tuple(cards)
    unit = _units(cells)[0]
    part = cells.filter(pl.col("item_unit") == unit)
    best = part.sort("energy_per_item_j").row(0, named=True)
    where = f"lowest: {best['model']}, {best['precision']}, on {best['device']}"
    cards.append((f"Energy per {unit}", energy(best), where))
    cards.append((f"CO₂e per 1,000 {unit}s", carbon(best), "the same configuration"))
    cards.append((f"Water per 1,000 {unit}s", water(best), "on site and at the power plants"))
    rated = part.filter(pl.col("ess").is_not_null()).sort("ess", descending=True)
    if rated.height:
        top = rated.row(0, named=True)
        cards.append(("Highest ESS", score(top), f"{top['model']}, {top['precision']}, on {top['device']}"))
    total = float(cells["energy_j"].fill_null(0.0).sum())
    if total:
        weak = bool(cells["basis"].is_in(["estimated", "assumed"]).any())
        bounds = [
            float((cells["energy_j"] * cells[name] / cells["energy_per_item_j"]).fill_null(0.0).sum())
            for name in ("low_per_item_j", "high_per_item_j")
        ]
        note = "sum over runs; their bounds added, because repeats share the sensor's error"
        known = Quantity(
            total, "J", "estimated" if weak else "measured", None, *_bounds(bounds, cells), note=note
        )
        cards.append(("Energy of all runs", known, "recorded here, all items together"))
    return tuple(cards)


def _warnings(context: Context) -> list[Block]:
    """Return the callouts: estimated energies, an unknown place."""
    cells, blocks = context.cells, []
    weak = cells.filter(pl.col("basis").is_in(["estimated", "assumed"]))
    if weak.height:
        share = (
            "Every energy here is"
            if weak.height == cells.height
            else f"{count(weak.height)} of {count(cells.height)} energies are"
        )
        devices = _listed([str(name) for name in weak["device"].unique(maintain_order=True).to_list()])
        blocks.append(
            Callout(
                "warning",
                "Estimated, not measured",
                f"{share} estimated: no energy sensor could be read ({devices}). Such numbers carry ≈ and hollow "
                "points, and intervals of ±50 % or more. The command eco-collect doctor says what would mend it.",
            )
        )
    blocks += [
        Callout(
            "note",
            "Assumed for want of a setting",
            f"{note.text[:1].upper()}{note.text[1:]}. To mend it, {note.hint or ''}.",
        )
        for note in context.place.notes
        if note.code == "impact_region_unknown"
    ]
    return list(blocks)


def _bounds(bounds: list[float], cells: pl.DataFrame) -> tuple[float | None, float | None]:
    """Return the bounds of a sum, none where a part has none."""
    return (None, None) if cells["low_per_item_j"].null_count() else (bounds[0], bounds[1])


def _place(context: Context) -> str:
    """Return which factors carbon and water use."""
    carbon = context.place.carbon
    if carbon.status == "assumed":
        return "No location was given, so carbon and water use the world average, with wide intervals."
    if carbon.status == "given":
        return f"Carbon uses the {carbon.value:g} g CO₂e per kWh that the settings state."
    return f"Carbon and water use the factors of {carbon.name}."


def _units(cells: pl.DataFrame) -> list[str]:
    """Return the item units, the commonest first."""
    counts = cells.group_by("item_unit").len().sort(["len", "item_unit"], descending=[True, False])
    return [str(unit) for unit in counts["item_unit"].to_list()]


def _n(number: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def _listed(names: list[str], limit: int = 3) -> str:
    """Return names as a list in words."""
    shown = names[:limit]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")
