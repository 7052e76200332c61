"""The words of headings of energies: what they are of, which are spreads, means or net, and how plain a heading is."""

from ecoanalysis.importers.headings import Heading

ENERGY_UNITS = ("J", "mJ", "uJ", "kJ", "MJ", "Wh", "mWh", "kWh", "MWh")
BOUNDARIES = {
    "wall": ("wall", "ac", "plug", "outlet", "meter", "pdu"),
    "platform": ("platform", "psys"),
    "dram": ("dram", "ram", "memory"),
    "package": ("cpu", "package", "pkg", "rapl", "processor", "socket"),
    "board": ("gpu", "board", "accelerator", "cuda", "nvml", "card"),
    "node": ("total", "system", "node", "server", "machine", "host"),
}


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# Statistics of a spread, limits and differences: none of them is what a run took.
SPREADS = word_set(
    "std sd stdev stddev var variance se sem ci cv err error uncertainty min max minimum maximum peak iqr low high "
    "lower upper limit cap tdp idle baseline saved saving savings delta diff difference marginal reduction overhead "
    "budget"
)
_INNER = ("core", "cores", "uncore", "ia", "gt", "pp0", "pp1")  # within the package
NET = word_set("net adjusted adj corrected dynamic active above")
_MEANS = word_set("total mean avg average overall gross measured per run sum e2e end to")
ENERGY_WORDS = word_set("energy consumption consumed usage used use")


def boundary_of(said: Heading) -> str | None:
    """Return the boundary that the words of a heading name, None where they name none."""
    words = {word.rstrip("0123456789") for word in said.words}  # gpu0 is a gpu
    return next((name for name, known in BOUNDARIES.items() if words & set(known)), None)


def is_part(said: Heading) -> bool:
    """Say whether a heading is a part of what another column may hold: the cores of a package, a GPU's memory."""
    memory = said.has(*BOUNDARIES["dram"]) and said.has(*BOUNDARIES["board"])
    return said.has(*_INNER) or memory


def is_net(name: Heading) -> bool:
    """Say whether an energy's heading says that something, as the idle power, is subtracted."""
    return bool(NET & set(name.words))


def rest_of(one: Heading, known: frozenset[str]) -> set[str]:
    """Return the words of a heading that are neither of these, nor a boundary, nor a mean."""
    boundaries = {word for words in BOUNDARIES.values() for word in words}
    return {word for word in one.words if word.rstrip("0123456789") not in boundaries} - known - _MEANS - NET
