"""Text as the fonts of the article can set it: what they lack is written as its code point."""

import re
import unicodedata

# What Libertinus Serif, Inter and DejaVu Sans Mono have together, as ranges; checked by a test.
_COVERED = (
    "\u0020-\u007e\u00a0-\u00ac\u00ae-\u017f\u0218-\u021b\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u0410-\u044f\u0401\u0451"
    "\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u1e80-\u1e85\u1ef2\u1ef3\u2009\u200a\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u202f"
    "\u2030\u2032\u2033\u2039\u203a\u2044\u2070\u2074-\u2079\u207b\u2080-\u2089\u20ac\u2122\u2190-\u2193\u2202\u2206\u2211\u2212"
    "\u2208\u221a\u221d\u221e\u2248\u2260\u2264\u2265\u22c5\u25cf\u25cb"
)
_OTHER = re.compile(f"[^{_COVERED}\\n\\t]")
_DROPPED = {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}


def printable(text: str) -> str:
    """Return `text` in composed form with each character that no font has as [U+1F331]; invisible ones are dropped."""
    return _OTHER.sub(_named, unicodedata.normalize("NFC", text))


def _named(found: re.Match[str]) -> str:
    """Return a character's code point in brackets, nothing for an invisible one."""
    character = found.group()
    if character in _DROPPED or unicodedata.category(character) in ("Cf", "Cc", "Mn"):
        return ""
    return f"[U+{ord(character):04X}]"
