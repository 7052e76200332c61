"""What stands inside a paragraph besides words: citations, commands, and the numbers of figures and tables."""

import re
from dataclasses import dataclass

from ecoanalysis.report.model import Report, See

_CITE = re.compile(r"\[@([A-Za-z0-9]+(?:,[A-Za-z0-9]+)*)\]")
SUITES = ("cpu", "gpu", "implementation", "kinds", "paper", "quick")
VERBS = (
    *("badge", "check", "combine", "compare", "datasets", "export", "factors", "fit"),
    *("import", "predict", "report", "show", "study", "top", "validate"),
)
# What follows an option: FRA, 0.1, precision=fp32,int8. A stop or comma after it is the sentence's.
_OPTION = r"--[a-z][a-z-]+(?: (?:[A-Z]{3,}|\d+(?:\.\d+)?|[\w.-]+[=,][\w=.,-]*\w)(?![\w-]))?"
_COMMAND = re.compile(
    rf"(?<![\w-])({_OPTION}|eco-collect (?:calibrate|doctor|run|suite(?: (?:{'|'.join(SUITES)}))?)(?: {_OPTION})*"
    rf"|eco (?:{'|'.join(VERBS)})(?: [A-Z]{{3,}})?(?: {_OPTION})*)(?![\w-])"
)


@dataclass(frozen=True, slots=True)
class Cite:
    """A citation: (key, number in the list of references) of each work."""

    works: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A command or an option, as one types it."""

    text: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """A figure or a table of this report: kind (figure, table), id and number."""

    kind: str
    id: str
    number: str


Piece = str | Cite | Code | Pointer


def pieces(text: str, report: Report) -> list[Piece]:
    """Return a paragraph as words, citations and commands; a mark of a key that the report lacks stays as it is."""
    places = {reference.key: place for place, reference in enumerate(report.references, start=1)}
    found: list[Piece] = []
    end = 0
    for mark in _CITE.finditer(text):
        keys = mark.group(1).split(",")
        if not all(key in places for key in keys):
            continue
        found += [
            *_with_commands(text[end : mark.start()]),
            Cite(tuple(sorted(((k, places[k]) for k in keys), key=lambda w: w[1]))),
        ]
        end = mark.end()
    return [*found, *_with_commands(text[end:])]


def _with_commands(words: str) -> list[Piece]:
    """Return words with the commands and options among them as pieces of their own."""
    parts = _COMMAND.split(words)  # words at even places, commands at odd ones
    return [Code(part) if place % 2 else part for place, part in enumerate(parts) if part]


def pointed(see: See, numbers: dict[str, str]) -> list[Piece]:
    """Return where the evidence stands as a sentence: "Figures 3 and 4; Table 2."; `numbers` as `Report.numbers`."""
    groups: list[list[Piece]] = []
    for kind, ids in (("figure", see.figures), ("table", see.tables)):
        known = [
            Pointer(kind, name, numbers[f"{kind}:{name}"]) for name in ids if f"{kind}:{name}" in numbers
        ]
        if known:
            groups.append([f"{kind.capitalize()}{'s' if len(known) > 1 else ''} ", *_joined(known)])
    if not groups:
        return []
    return ["Evidence: ", *groups[0], *(["; ", *groups[1]] if len(groups) > 1 else []), "."]


def on_paper(found: list[Piece]) -> list[Piece]:
    """Return what points at evidence as an article has it: supplements are named, and where they are."""
    flat = [piece.number if isinstance(piece, Pointer) and _supplement(piece) else piece for piece in found]
    return [*flat[:-1], " (S: in the page)."] if any(map(_supplement, found)) else flat


def _supplement(piece: Piece) -> bool:
    """Return whether a piece points at a figure that only the page has."""
    return isinstance(piece, Pointer) and piece.number.startswith("S")


def _joined(known: list[Pointer]) -> list[Piece]:
    """Return pointers with commas and an "and"."""
    found: list[Piece] = []
    for place, pointer in enumerate(known):
        if place:
            found.append(" and " if place == len(known) - 1 else ", ")
        found.append(pointer)
    return found
