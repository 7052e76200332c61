"""The opening: the few numbers that matter, and what a reader must know before using them."""

import re
from typing import Any

import polars as pl

from ecoanalysis.impact.factor import find_factor
from ecoanalysis.records import Quantity
from ecoanalysis.report.cells import commonest, thriftiest
from ecoanalysis.report.context import Context
from ecoanalysis.report.model import Answers, Block, Callout, Card, Cards, Prose, Section
from ecoanalysis.report.numbers import count, kept, plain, text
from ecoanalysis.report.quantities import carbon, energy, intensity, score, water
from ecoanalysis.report.sections.uncounted import as_items
from ecoanalysis.studies.frame import widest
from ecoanalysis.units import J_PER_KWH

_KINDS = 8  # of findings, named
_BRIEF = 60  # signs
_OWN = "recorded"  # the data set of own runs


def build(context: Context) -> tuple[Section, ...]:
    """Return the summary."""
    blocks: list[Block] = [Prose(abstract(context)), Cards(_cards(context))]
    blocks += _answers(context)
    blocks += _warnings(context)
    return (Section("summary", "Summary", tuple(blocks)),)


def abstract(context: Context) -> str:
    """Return what was run on what, and the range of the energies, in sentences."""
    cells = context.cells
    if cells.is_empty() and context.uncounted.height:
        names = [str(name) for name in context.uncounted["dataset"].unique(maintain_order=True).to_list()]
        return kept(
            f"This report covers the energy of {_n(_records(context.uncounted), 'record')} ({_listed(names)}). "
            f"{'It does not say' if _records(context.uncounted) == 1 else 'None says'} how many items it was for, "
            f"so there is no energy per item. {_place(context)}"
        )
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
        text_ += _span(*commonest(cells.filter(pl.col("item_unit") == unit)), devices > 1)
    return kept(text_ + _place(context))


def _records(uncounted: pl.DataFrame) -> int:
    """Return of how many rows and runs some energies are."""
    return uncounted.select("source_id", "row_number", "run_id").n_unique()


def _span(part: pl.DataFrame, unit: str, boundary: str, several: bool) -> str:
    """Return from where to where the energy of one item unit at one boundary goes, in a sentence."""
    ordered = part.sort("energy_per_item_j", "measurement_id")
    low, high = ordered.row(0, named=True), ordered.row(-1, named=True)
    if part.height == 1:
        return f"The energy per {unit} ({boundary}) is {text(energy(low))}. "
    factor = high["energy_per_item_j"] / low["energy_per_item_j"]
    digits = 1 if {low["basis"], high["basis"]} & {"estimated", "assumed"} else 2
    ends = [f"{text(energy(row))} ({_who(row) if several else row['model']})" for row in (low, high)]
    return (
        f"The energy per {unit} ({boundary}) goes from {ends[0]} to {ends[1]}, a factor of about "
        f"{plain(factor, digits)}. "
    )


def _cards(context: Context) -> tuple[Card, ...]:
    """Return the headline numbers."""
    cells = context.cells
    measured = f"{_n(context.measurements.height, 'measurement')} with an energy"
    cards = [Card("Configurations", cells.height, measured)]
    if cells.is_empty() and context.uncounted.height:
        return (
            Card("Records", _records(context.uncounted), "none counts its items"),
            *_total(as_items(context.uncounted), "records"),
        )
    if cells.is_empty():
        return tuple(cards)
    part, unit, boundary = commonest(cells.with_row_index("row"))
    best = thriftiest(cells)
    of = f"{_who(best)} ({boundary})"
    cards.append(Card(f"Least energy per {unit}", energy(best), of, best["row"], "energy"))
    cards.append(Card(f"CO₂e of 1,000 such {unit}s", carbon(best), "grid and building", best["row"], "co2"))
    cards.append(
        Card(
            f"Water of 1,000 such {unit}s",
            water(best),
            "on site and at the power plants",
            best["row"],
            "water",
        )
    )
    rated = part.filter(pl.col("ess").is_not_null()).sort("ess", "measurement_id", descending=[True, False])
    if rated.height:
        top = rated.row(0, named=True)
        cards.append(Card("Highest ESS (M parameters per g CO₂e)", score(top), _who(top), top["row"], "ess"))
    what = "runs" if context.measurements["dataset"].eq(_OWN).all() else "measurements"
    rest = "" if context.uncounted.is_empty() else ", without the records that count no items"
    return (*cards, *_total(context.measurements, what, rest))


def _total(measurements: pl.DataFrame, what: str = "runs", rest: str = "") -> tuple[Card, ...]:
    """Return the energy of all runs, or what else they are: one with energies of parts and whole counts once."""
    run = pl.coalesce(
        pl.format("run {}", "run_id"),
        pl.format("source {} row {}", "source_id", "row_number"),
        pl.format("measurement {}", "id"),
    )
    once = widest(measurements.filter(pl.col("energy_j") > 0).with_columns(dataset=run))
    if once.is_empty():
        return ()
    total = float(once["energy_j"].sum())
    weak = bool(once["basis"].is_in(["estimated", "assumed"]).any())
    bounds = [
        float((once["energy_j"] * once[name] / once["energy_per_item_j"]).fill_null(0.0).sum())
        for name in ("low_per_item_j", "high_per_item_j")
    ]
    note = f"sum over {what}, each at its widest boundary; their bounds added: they share the sensor's error"
    known = Quantity(total, "J", "estimated" if weak else "measured", None, *_bounds(bounds, once), note=note)
    return (Card(f"Energy of all {what}", known, f"{plain(total / J_PER_KWH, 2)} kWh{rest}"),)


def _who(row: dict[str, Any]) -> str:
    """Return which configuration a number is of."""
    precision = row["precision"] if row["precision"] not in (None, "unknown") else ""
    return ", ".join(str(part) for part in (row["model"], precision, f"on {row['device']}") if part)


def _answers(context: Context) -> list[Block]:
    """Return what the studies found, one sentence each."""
    rows = tuple(
        (result.question, kept(_first_sentence(result.answer)), f"study-{result.name}")
        for result in context.studies
        if (result.findings or result.panels) and not result.answer.startswith("Cannot be")
    )
    return [Answers(rows)] if rows else []


def _first_sentence(answer: str) -> str:
    """Return an answer up to its first full stop that ends a sentence, the second where the first says little."""
    sentences = re.split(r"(?<=[a-z0-9%)×]\.)\s+(?=[A-Z])", answer, maxsplit=2)
    few = len(sentences[0]) < _BRIEF  # "It depends on the devices." tells too little
    return " ".join(sentences[: 2 if few else 1])


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
        said = f"{share} estimated: {_why(weak)}. Such numbers carry ≈ and hollow points."
        own = weak.filter(pl.col("dataset") == _OWN).height
        hint = " The command eco-collect doctor says what would mend it." if own else ""
        blocks.append(Callout("warning", "Estimated, not measured", said + hint))
    blocks += [
        Callout(
            "note",
            "Assumed for want of a setting",
            f"The location is not given: carbon uses the world average, {text(intensity(context.place.carbon))} of "
            "CO₂e. "
            f"{_stated(context.sources)}To mend it, {note.hint or ''}.",
        )
        for note in context.place.notes
        if note.code == "impact_region_unknown"
    ]
    return [*blocks, *_found(context)]


def _stated(sources: pl.DataFrame) -> str:
    """Return which places the imported files name, in a sentence, nothing where they name none."""
    named = {place for row in sources["regions"].drop_nulls().to_list() for place in row}
    found = {factor.region for place in named if (factor := find_factor("carbon", place))}
    return (
        f"The imported files name {_listed(sorted(found), 6)}, which is not taken unasked. " if found else ""
    )


def _found(context: Context) -> list[Block]:
    """Return what the checks, and the importers, doubt: how often, by kind, the gravest first."""
    doubts = context.notes.filter(
        pl.col("severity").is_in(["error", "warning"]),
        pl.col("code").str.starts_with("check_") | pl.col("source_id").is_not_null(),
    )
    if doubts.is_empty():
        return []
    kinds = pl.col("code").str.strip_prefix("check_").str.replace_all("_", " ")
    said = []
    for severity, words in (("error", "Out of use"), ("warning", "In use, with a warning")):
        counts = doubts.filter(pl.col("severity") == severity).group_by(kinds).len()
        ordered = counts.sort(["len", "code"], descending=[True, False]).rows()
        named = [f"{kind} ({count(n)})" if n > 1 else str(kind) for kind, n in ordered]
        said += [f"{words}: {_listed(named, _KINDS)}."] if named else []
    said.append("The table of notes says each in words, and what to do.")
    return [Callout("warning", "What the checks found", kept(" ".join(said)))]


def _why(weak: pl.DataFrame) -> str:
    """Return why energies are estimates: of own runs for want of a sensor, of others because their source has it so."""
    own, others = weak.filter(pl.col("dataset") == _OWN), weak.filter(pl.col("dataset") != _OWN)
    devices, sources = (
        _listed([str(name) for name in part[column].unique(maintain_order=True).to_list()])
        for part, column in ((own, "device"), (others, "dataset"))
    )
    whys = [f"no energy sensor could be read ({devices})"] if own.height else []
    whys += [f"their source estimated them ({sources})"] if others.height else []
    return ", or ".join(whys)


def _bounds(bounds: list[float], cells: pl.DataFrame) -> tuple[float | None, float | None]:
    """Return the bounds of a sum, none where a part has none."""
    return (None, None) if cells["low_per_item_j"].null_count() else (bounds[0], bounds[1])


def _place(context: Context) -> str:
    """Return which factors carbon and water use."""
    carbon = context.place.carbon
    if carbon.status == "assumed":
        return "No location was given, so carbon and water use the world average, with wide intervals."
    if carbon.status == "given":
        return f"Carbon uses the {plain(carbon.value)} g CO₂e per kWh that the settings state."
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
