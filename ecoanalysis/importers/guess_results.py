"""A column map for a table of results: its energies, powers, times and rates told apart by their headings."""

from collections.abc import Iterable

from ecoanalysis.importers.columns import parted
from ecoanalysis.importers.energy_words import (
    BOUNDARIES,
    ENERGY_UNITS,
    ENERGY_WORDS,
    SPREADS,
    boundary_of,
    is_net,
    is_part,
    rest_of,
    word_set,
)
from ecoanalysis.importers.headings import Heading
from ecoanalysis.importers.per_item import PerItem, per_item, per_items, rate_of_items

POWER_UNITS = ("W", "mW", "kW", "uW")
TIME_UNITS = ("s", "ms", "us", "ns", "min", "h")
# Our word -> what others call the column, best first.
WORDS = {
    "model": ("model", "model name", "model id", "llm", "network", "model used", "hf model", "hf id", "model file"),
    "device": (
        "gpu name", "gpu model", "gpu type", "gpu", "hardware", "accelerator", "device name", "device", "cpu model",
    ),
    "precision": (
        "quantization", "quantization mode", "quantization type", "quantization level", "quant", "quant level",
        "quant type", "precision", "weight precision", "dtype", "data type",
    ),
    "framework": ("framework", "engine", "backend", "runtime"),
    "task": ("task", "workload", "benchmark"),
    "accelerators_count": ("num gpus", "n gpus", "gpu count", "number of gpus", "gpus"),
    "threads": ("threads", "n threads", "num threads"),
}  # fmt: skip
# What the weights are in where the quantization says none.
_PLAIN = ("precision", "weight precision", "dtype", "torch dtype", "data type")
BATCH = "batch_size"
_BATCH_NAMES = ("batch size", "batchsize", "batch", "bs")
_POWER_WORDS = word_set("power draw usage")
_DURATION_WORDS = word_set("duration runtime elapsed time wall clock execution inference run bench")
_OF_TRAINING = ("epoch", "epochs", "training", "finetuning")
_LATENCY_WORDS = word_set("latency median request response inference")


def results_map(headings: list[Heading]) -> dict[str, str]:
    """Return the map of a table of results, empty where no energy and no power with a time or rate is told apart.

    Energies of several boundaries are kept apart: `energy_j.board`, `energy_j.package`. Of several columns that may
    be the same energy the plainest counts; where none is plainest nothing is taken.
    """
    totals, stated = _totals(headings), per_items(headings)
    if not stated and any(map(per_item, headings)):
        return {}
    per = stated[0] if stated else None
    found = _energies(totals, per)
    found |= _power_and_times(headings, found.get("boundary", "=unknown")[1:] if found else None)
    item, rate = per.item if per else None, rate_of_items(headings)
    if rate is not None and (item == rate[1] or not (totals or per)):
        found |= {"throughput_items_per_s": rate[0].name, "item_unit": f"={rate[1]}"}
    known = {"energy_j", "energy_per_item_j"} & {ours.split(".")[0] for ours in found}
    unsaid = not any(one.unit in ENERGY_UNITS and is_total(one) for one in headings)
    derived = unsaid and "mean_power_w" in found and {"duration_s", "throughput_items_per_s"} & set(found)
    found |= named(headings)
    if not (known or derived) or not {"model", "device"} & set(found):
        return {}
    if derived or "energy_j" in found or per is not None:
        found["boundary"] = found.get("boundary") or f"={_boundary_of_power(headings, found)}"
    if any(one.has(*_OF_TRAINING) for one in headings):
        found["task"] = "=training"  # never pooled with inference
    return found | {"basis": "=estimated"}  # a heading does not say that a meter stands behind it


def results_partly(headings: list[Heading]) -> dict[str, str]:
    """Return the first energy that headings name, whether or not they say its unit: UNIT stands for one unsaid."""
    per = next((per for one in headings if (per := per_item(one)) is not None), None)
    if per is not None:
        return {"energy_per_item_j": f"{per.heading.name}:{per.unit}", "item_unit": f"={per.item}"}
    for one in headings:
        is_energy = one.has("energy", "consumption") and one.unit in (*ENERGY_UNITS, None)
        if is_energy and not one.has(*SPREADS, "per", "emissions"):
            return {"energy_j": f"{one.name}:{one.unit or 'UNIT'}"}
    return {}


def named(headings: list[Heading]) -> dict[str, str]:
    """Return the columns that name the configuration."""
    by_words = {
        " ".join((*one.words, *((one.unit.lower(),) if one.unit else ()))): one.name
        for one in headings
        if not (one.has("precision") and not one.name.isascii())  # "Precisión" is the accuracy
    }
    found: dict[str, str] = {}
    for ours, theirs in (*WORDS.items(), (BATCH, _BATCH_NAMES), ("dtype", _PLAIN)):
        column = next((by_words[name] for name in theirs if name in by_words), None)
        if column is not None and (ours != "dtype" or column != found.get("precision")):
            found[ours] = column
    return found


def unread_energies(headings: Iterable[Heading], taken: Iterable[str]) -> dict[str, str]:
    """Return the columns that are energies, with a unit, that a map leaves out: name -> the pair that would take it."""
    read, found = set(taken), {}
    for one in headings:
        per = per_item(one)
        if one.name in read or not (per or (one.unit in ENERGY_UNITS and is_total(one))):
            continue
        found[one.name] = (
            f"energy_per_item_j={one.name}:{per.unit}" if per else f"energy_j={one.name}:{one.unit}"
        )
    return found


def _totals(headings: list[Heading]) -> dict[str, Heading]:
    """Return the total energy of each boundary, but where two of one boundary are equally plain.

    "total" alone names no boundary, unless parts stand beside it: then it is their sum, the node's.
    """
    energies = [one for one in headings if one.unit in ENERGY_UNITS and is_total(one)]
    gross = [one for one in energies if not is_net(one)] or energies
    parts = {boundary_of(one) for one in gross} - {None, "node"}
    found: dict[str, list[Heading]] = {}
    for one in gross:
        boundary = boundary_of(one) or "unknown"
        if boundary in ("node", "unknown") and not one.has(*set(BOUNDARIES["node"]) - {"total"}):
            boundary = "node" if parts and one.has("total") else "unknown"
        found.setdefault(boundary, []).append(one)
    best = {boundary: _plainest(group, ENERGY_WORDS) for boundary, group in found.items()}
    return {boundary: one for boundary, one in best.items() if one is not None}


def is_total(one: Heading) -> bool:
    """Say whether a heading is an energy of the whole row: it says energy, or nothing but what it is of."""
    words = set(one.words)
    if words & SPREADS or "per" in words or is_part(one):
        return False
    return bool(words & ENERGY_WORDS) or not rest_of(one, ENERGY_WORDS)


def _plainest(group: list[Heading], known: frozenset[str]) -> Heading | None:
    """Return the heading with the fewest words beyond those known, None where several have as few."""
    ranked = sorted(group, key=lambda one: len(rest_of(one, known)))
    if len(ranked) > 1 and len(rest_of(ranked[0], known)) == len(rest_of(ranked[1], known)):
        totals = [one for one in ranked if one.has("total") and not rest_of(one, known)]
        return totals[0] if len(totals) == 1 else None
    return ranked[0]


def _energies(totals: dict[str, Heading], per: PerItem | None) -> dict[str, str]:
    """Return the energies of a row: the one of all, or those of its parts, and the energy per item."""
    found: dict[str, str] = {}
    boundary = boundary_of(per.heading) if per else None
    if per is not None:
        found |= {"energy_per_item_j": f"{per.heading.name}:{per.unit}", "item_unit": f"={per.item}"}
        boundary = boundary or (next(iter(totals)) if len(totals) == 1 else "unknown")
        found["boundary"] = f"={boundary}"
    for name, one in totals.items():
        whole = name == boundary or (per is None and len(totals) == 1)
        found["energy_j" if whole else f"energy_j.{name}"] = f"{one.name}:{one.unit}"
        if whole:
            found["boundary"] = f"={name}"
    return found


def _boundary_of_power(headings: list[Heading], found: dict[str, str]) -> str:
    """Return what a mean power is of, by its heading: an energy that is derived from it is of the same."""
    power = parted(found.get("mean_power_w", ""))[0]
    return next((boundary_of(one) for one in headings if one.name == power), None) or "unknown"


def _power_and_times(headings: list[Heading], boundary: str | None) -> dict[str, str]:
    """Return the columns of mean power, duration and latency; a power of another part than the energy is none.

    `boundary` is None where no energy is stated: then any power may be it.
    """
    found: dict[str, str] = {}
    powers = [one for one in headings if one.unit in POWER_UNITS and not one.has(*SPREADS, "per")]
    powers = [one for one in powers if one.has("power") or not rest_of(one, _POWER_WORDS)]
    power = _plainest(powers, _POWER_WORDS) if powers else None
    if power is not None and (boundary is None or boundary_of(power) in (None, boundary)):
        found["mean_power_w"] = f"{power.name}:{power.unit}"
    times = [one for one in headings if one.unit in TIME_UNITS and not one.has(*SPREADS, "per")]
    for ours, words in (("duration_s", _DURATION_WORDS), ("latency_s", _LATENCY_WORDS)):
        fit = [one for one in times if set(one.words) & words and not rest_of(one, words)]
        fit = [one for one in fit if one.has("latency") == (ours == "latency_s")]
        if fit:
            found[ours] = f"{fit[0].name}:{fit[0].unit}"
    return found
