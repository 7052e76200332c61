"""A column map for a table that no format knows, from headings that say what they are, with their units."""

import re
from collections.abc import Iterable

from ecoanalysis.importers.energy_words import boundary_of, is_part
from ecoanalysis.importers.guess_results import (
    BATCH,
    POWER_UNITS,
    TIME_UNITS,
    WORDS,
    named,
    results_map,
    results_partly,
)
from ecoanalysis.importers.headings import Heading, heading

_TIME_NAMES = ("time", "timestamp", "datetime", "date", "elapsed", "ts")
# Powers that are no reading of a device: what it may draw, what a statistic says, what is a part of another column.
_LIMITS = (
    "limit",
    "cap",
    "max",
    "min",
    "peak",
    "std",
    "stddev",
    "tdp",
    "per",
    "rated",
    "budget",
    "enforced",
    "idle",
)
_SUMS, _MEANS = ("total", "sum", "combined", "overall", "all"), ("avg", "average", "mean")
_OF_RUNS = ("duration", "runtime", "latency", "throughput", "tokens", "per")


def is_time(one: Heading) -> bool:
    """Say whether a heading is a clock: "timestamp", "Elapsed Time (s)"; not a duration per something."""
    return bool(one.words) and one.words[0] in _TIME_NAMES and "per" not in one.words


def guess(names: Iterable[str]) -> dict[str, str]:
    """Return a column map as `--column` would give it, empty where no energy or power says its unit.

    A log has a time and powers; a table of results has an energy and a model or device. Nothing is taken without a
    unit, but times. What an energy is of is `unknown` where its heading does not say, and a power without such a word
    is the machine's: at the wall where volts or amperes stand beside watts, of the GPU where all else is the GPU's.
    """
    headings = _headings(names)
    return _log(headings) or results_map(headings)


def suggestion(names: Iterable[str]) -> str | None:
    """Return what to add to `eco import FILE` where headings name an energy and leave something open, else None.

    Each column of the command stands in the table; what only the user can know stands in capitals.
    """
    headings = _headings(names)
    pairs = results_partly(headings)
    if not pairs:
        return None
    pairs |= {ours: theirs for ours, theirs in named(headings).items() if ours in (*WORDS, BATCH)}
    columns = " ".join(f"--column {quoted(f'{ours}={theirs}')}" for ours, theirs in pairs.items())
    return f"--format generic {columns}" + ("" if "model" in pairs else " --set model=MODEL")


def quoted(text: str) -> str:
    """Return a word of a command line, in quotation marks where a shell would part it."""
    return text if all(letter.isalnum() or letter in "_=:./-" for letter in text) else f"'{text}'"


def _headings(names: Iterable[str]) -> list[Heading]:
    """Return the headings of the columns that have a name."""
    return [heading(name) for name in names if name.strip()]


def _log(headings: list[Heading]) -> dict[str, str]:
    """Return the map of a power log: its time, and each of its powers as a device of its own."""
    times = [one for place, one in enumerate(headings) if _is_clock(one, place)]
    powers = [one for one in headings if _is_watts(one)]
    of_runs = any(" ".join(one.words) in WORDS["model"] or one.has(*_OF_RUNS) for one in headings)
    if not times or not powers or of_runs:
        return {}
    clock = {one.words: one.name for one in times}
    if {("date",), ("time",)} <= set(clock):
        found = {"time": f"{clock['date',]}+{clock['time',]}"}
    else:
        found = {"time": f"{times[0].name}:{times[0].unit}" if times[0].unit in TIME_UNITS else times[0].name}
    electric = any(one.has("voltage", "volts", "current", "amps") for one in headings)
    plugged = electric and all(
        one.unit not in ("mW", "uW") for one in powers
    )  # a chip on a direct current says mW
    of_gpus = {boundary_of(one) for one in headings} - {None} == {"board"}
    default = "wall" if plugged else "board" if of_gpus else "node"
    for place, (one, boundary) in enumerate(_readings(powers, default)):
        found[f"power_w.{boundary}.{place}"] = f"{one.name}:{one.unit or 'W'}"
    return found


def _readings(powers: list[Heading], default: str) -> list[tuple[Heading, str]]:
    """Return powers with their boundaries, without sums and means of others.

    "GPU total" is left out beside another power of a GPU, "total" beside powers of two or more parts of the machine.
    """
    said = [(one, boundary_of(one) or default) for one in powers]
    plain = [where for one, where in said if not one.has(*_SUMS, *_MEANS)]
    parts = {where for where in plain if where not in ("wall", "node")}
    return [
        (one, where)
        for one, where in said
        if not (one.has(*_SUMS, *_MEANS) and where in plain)
        and not (one.has(*_SUMS) and where == "node" and len(parts) > 1)
    ]


def _is_clock(one: Heading, place: int) -> bool:
    """Say whether a heading is the time of a reading; "time (ms)" that does not lead is how long a run took."""
    return is_time(one) and (place <= 1 or one.words != ("time",) or one.unit is None)


def _is_watts(one: Heading) -> bool:
    """Say whether a heading is a power: "power_w", "GPU (W)", "watts"; not a limit, a part or a statistic of one."""
    if one.has(*_LIMITS) or is_part(one) or any(re.fullmatch(r"(psys)?pl\d", word) for word in one.words):
        return False
    named = one.has("power", "draw") or boundary_of(one) is not None
    return (one.unit in POWER_UNITS and named) or one.words == ("watts",)
