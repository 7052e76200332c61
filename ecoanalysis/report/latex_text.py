"""Text for LaTeX: nothing in it is a command, and every character is one that its fonts have."""

import re

from ecoanalysis.report.printable import printable

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "[": "{[}",  # after \\ it would be an argument
    "]": "{]}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "\n": " ",
    "\u202f": r"\,",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "−": "$-$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "µ": r"\textmu{}",
    "μ": r"$\mu$",
    "°": r"\textdegree{}",
    "→": r"$\rightarrow$",
    "∝": r"$\propto$",
    "∞": r"$\infty$",
    "√": r"$\surd$",
    "∈": r"$\in$",
    "∑": r"$\sum$",
    "∂": r"$\partial$",
    "≠": r"$\neq$",
}
_SUBSCRIPTS = {chr(0x2080 + n): rf"\textsubscript{{{n}}}" for n in range(10)}
_SUPERSCRIPTS = dict(
    zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "$-$"), strict=True)
)
_COVERED = re.compile("[\x20-\x7e\xa0-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022\u20ac]")


def tex(words: str) -> str:
    """Return text in which nothing is a command."""
    table = (
        _SPECIAL
        | _SUBSCRIPTS
        | {key: rf"\textsuperscript{{{value}}}" for key, value in _SUPERSCRIPTS.items()}
    )
    found = "".join(table.get(character) or _set(character) for character in printable(words))
    return re.sub("-(?=-)", "-{}", found)  # two hyphens are no dash


def _set(character: str) -> str:
    """Return a character that Latin Modern has, the code point of one that it lacks."""
    return character if _COVERED.match(character) else f"{{[}}U+{ord(character):04X}{{]}}"
