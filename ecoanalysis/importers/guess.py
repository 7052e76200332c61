"""A column map for a table that no format knows, from headings that say what they are, with their units."""

import re
from collections.abc import Iterable

from ecoanalysis.importers.headings import Heading, heading, unit_of

_POWER, _ENERGY = ("W", "mW", "kW", "uW"), ("J", "mJ", "uJ", "kJ", "MJ", "Wh", "mWh", "kWh", "MWh")
_TIMES = ("s", "ms", "us", "ns", "min", "h")
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
_PARTS = ("core", "cores", "uncore", "ia", "gt", "pp0", "pp1")
_SUMS, _MEANS = ("total", "sum", "combined", "overall", "all"), ("avg", "average", "mean")
_OF_RUNS = ("duration", "runtime", "latency", "throughput", "tokens", "per")
_ITEMS = {
    "token": "token", "tokens": "token", "image": "image", "images": "image", "request": "request",
    "requests": "request", "query": "request", "queries": "request", "prompt": "request", "sample": "sample",
    "samples": "sample", "inference": "inference", "inferences": "inference", "video": "video",
}  # fmt: skip
# Our word -> what others call the column, best first.
_WORDS = {
    "model": ("model", "model name", "model id", "llm", "network"),
    "device": (
        "device",
        "gpu",
        "gpu name",
        "gpu model",
        "hardware",
        "accelerator",
        "device name",
        "cpu model",
    ),
    "precision": ("precision", "quantization", "dtype", "quant", "weight precision", "data type"),
    "framework": ("framework", "engine", "backend", "runtime"),
    "task": ("task", "workload", "benchmark"),
    "batch_size": ("batch size", "batchsize", "batch", "bs"),
}
_BOUNDARIES = {
    "wall": ("wall", "ac", "plug", "outlet", "meter", "pdu"),
    "platform": ("platform", "psys"),
    "dram": ("dram", "ram", "memory"),
    "package": ("cpu", "package", "pkg", "rapl", "processor", "socket"),
    "board": ("gpu", "board", "accelerator", "cuda", "nvml", "card"),
    "node": ("total", "system", "node", "server", "machine", "host"),
}


def boundary_of(said: Heading) -> str | None:
    """Return the boundary that the words of a heading name, None where they name none."""
    words = {word.rstrip("0123456789") for word in said.words}  # gpu0 is a gpu
    return next((name for name, known in _BOUNDARIES.items() if words & set(known)), None)


def is_time(one: Heading) -> bool:
    """Say whether a heading is a clock: "timestamp", "Elapsed Time (s)"; not a duration per something."""
    return bool(one.words) and one.words[0] in _TIME_NAMES and "per" not in one.words


def guess(names: Iterable[str]) -> dict[str, str]:
    """Return a column map as `--column` would give it, empty where no energy or power says its unit.

    A log has a time and powers; a table of results has an energy and a model or device. Nothing is taken without a
    unit, but times. What an energy is of is `unknown` where its heading does not say, and a power without such a word
    is the machine's: at the wall where volts or amperes stand beside it, of the GPU where all else is the GPU's.
    """
    headings = [heading(name) for name in names if name.strip()]
    return _log(headings) or _results(headings)


def _log(headings: list[Heading]) -> dict[str, str]:
    """Return the map of a power log: its time, and each of its powers as a device of its own."""
    times = [one for one in headings if is_time(one)]
    powers = [one for one in headings if _is_watts(one)]
    of_runs = any(" ".join(one.words) in _WORDS["model"] or one.has(*_OF_RUNS) for one in headings)
    if not times or not powers or of_runs:
        return {}
    clock = {one.words: one.name for one in times}
    if {("date",), ("time",)} <= set(clock):
        found = {"time": f"{clock['date',]}+{clock['time',]}"}
    else:
        found = {"time": f"{times[0].name}:{times[0].unit}" if times[0].unit in _TIMES else times[0].name}
    plugged = any(one.has("voltage", "volts", "current", "amps") for one in headings)
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


def _results(headings: list[Heading]) -> dict[str, str]:
    """Return the map of a table of results."""
    found: dict[str, str] = {}
    for one in headings:
        per = _per_item(one)
        if per is not None:
            found.setdefault("energy_per_item_j", f"{one.name}:{per[0]}")
            found.setdefault("item_unit", f"={per[1]}")
            found.setdefault("boundary", f"={boundary_of(one) or 'unknown'}")
        elif one.unit in _ENERGY and one.has("energy", "consumption", "consumed"):
            found.setdefault("energy_j", f"{one.name}:{one.unit}")
            found.setdefault("boundary", f"={boundary_of(one) or 'unknown'}")
        elif one.unit in _POWER and one.has("power"):
            found.setdefault("mean_power_w", f"{one.name}:{one.unit}")
        elif one.unit in _TIMES and one.has("duration", "runtime", "elapsed", "time"):
            found.setdefault("duration_s", f"{one.name}:{one.unit}")
        elif one.unit in _TIMES and one.has("latency"):
            found.setdefault("latency_s", f"{one.name}:{one.unit}")
    named = {" ".join((*one.words, *((one.unit.lower(),) if one.unit else ()))): one.name for one in headings}
    for ours, theirs in _WORDS.items():
        column = next((named[name] for name in theirs if name in named), None)
        if column is not None:
            found[ours] = column
    said = {"energy_j", "energy_per_item_j"} & set(found) and {"model", "device"} & set(found)
    return (
        found | {"basis": "=estimated"} if said else {}
    )  # a heading does not say that a meter stands behind it


def _per_item(one: Heading) -> tuple[str, str] | None:
    """Return the units of an energy per item, (energy, item): "energy_per_token_j", "J/image", "Wh per query"."""
    if "per" not in one.words[:-1]:
        return None
    at = one.words.index("per")
    item = next((_ITEMS[word] for word in one.words[at + 1 :] if word in _ITEMS), None)
    if item is None or not one.words[at + 1].isalpha():
        return None
    unit = one.unit if one.unit in _ENERGY else unit_of(one.words[at - 1]) if at else None
    return (unit, item) if unit in _ENERGY and unit is not None else None


def is_part(said: Heading) -> bool:
    """Say whether a heading is a part of what another column may hold: the cores of a package, a GPU's memory."""
    memory = said.has(*_BOUNDARIES["dram"]) and said.has(*_BOUNDARIES["board"])
    return said.has(*_PARTS) or memory


def _is_watts(one: Heading) -> bool:
    """Say whether a heading is a power: "power_w", "GPU (W)", "watts"; not a limit, a part or a statistic of one."""
    if one.has(*_LIMITS) or is_part(one) or any(re.fullmatch(r"(psys)?pl\d", word) for word in one.words):
        return False
    named = one.has("power", "draw") or boundary_of(one) is not None
    return (one.unit in _POWER and named) or one.words == ("watts",)
