"""What is told while files are imported: a block per file, like notes counted, progress on a terminal."""

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ecoanalysis.importers.contract import Entry, Imported
    from ecoanalysis.importers.landing import Listener

_SHOWN_NOTES = 6
_SHOWN_FILES = 60
_GRAVITY = ("error", "warning", "info")
_EVERY_S = 0.5
_RENEWED = "read anew"
_JUST_SAID = "read_as"  # by who reads the words: kept for the report


class Telling:
    """The words of one import; `read` is the word for a file that was read."""

    def __init__(self, read: str) -> None:
        self._words = {"imported": read, "renewed": _RENEWED, "known": "known"}
        self._files = self._samples = self._blocks = 0
        self._path: Path | None = None
        self._next_s = time.monotonic() + _EVERY_S
        self._drawn = False

    def listener(self) -> "Listener":
        """Return what hears of the import."""
        from ecoanalysis.importers.landing import Listener

        return Listener(self._begun, self._counted, self._told)

    def end(self) -> None:
        """Wipe the line of progress, and say how many files were not told of one by one."""
        self._wipe()
        if self._blocks > _SHOWN_FILES:
            click.echo(f"… and {self._blocks - _SHOWN_FILES} more files")

    def _begun(self, path: Path) -> None:
        self._files, self._samples, self._path = self._files + 1, 0, path
        self._draw()

    def _counted(self, count: int) -> None:
        self._samples += count
        self._draw()

    def _told(self, imported: "Imported", became: str, before: frozenset[str], ledger: "list[Entry]") -> None:
        self._blocks += 1
        if self._blocks > _SHOWN_FILES:
            return
        self._wipe()
        source = imported.source
        click.echo(f"{self._words[became]:9} {source.path}  {source.format}  {_rows(imported)}")
        if became != "known":
            again = (f"no longer: {text}" for text in sorted(before))
            for line in (*again, *_sums(ledger), *noted(imported)):
                click.echo(f"          {line}")

    def _draw(self) -> None:
        """Draw the line of progress on a terminal, twice a second at most."""
        now = time.monotonic()
        if now < self._next_s or not sys.stderr.isatty():
            return
        self._next_s, self._drawn = now + _EVERY_S, True
        samples = f", {self._samples:,} samples" if self._samples else ""
        name = self._path.name if self._path else ""
        click.echo(f"\r\x1b[2Kreading file {self._files}: {name[:50]}{samples}", err=True, nl=False)

    def _wipe(self) -> None:
        """Take the line of progress away."""
        if self._drawn:
            click.echo("\r\x1b[2K", err=True, nl=False)
            self._drawn = False


def _rows(imported: "Imported") -> str:
    """Return how many rows were read, and of those left out how many for which reason."""
    rows = imported.rows
    left = ", ".join(f"{count} left out ({reason})" for reason, count in rows.left_out)
    return f"{rows.read_count} rows" + (f": {rows.kept_count} kept, {left}" if left else "")


def _sums(ledger: "list[Entry]") -> list[str]:
    """Return the sums that landed, by boundary: what a second import of the same file has to give."""
    from ecoanalysis.store.ledger import READINGS, RESULTS, in_words

    sums = [in_words(entry) for entry in ledger if entry.entry in (RESULTS, READINGS)]
    return [f"sums: {'; '.join(sums)}"] if sums else []


def noted(imported: "Imported") -> list[str]:
    """Return the notes of an import in words, the gravest first; those alike but for their numbers are one, counted."""
    alike: dict[tuple[str, str], list[str]] = {}
    hints: dict[tuple[str, str], str] = {}
    heard = (note for note in imported.notes if note.code != _JUST_SAID)
    for note in sorted(heard, key=lambda note: _GRAVITY.index(note.severity)):
        key = (note.severity, f"{note.code} {re.sub(r'[0-9]+', '#', note.text)}")
        alike.setdefault(key, []).append(note.text)
        hints.setdefault(key, f" ({note.hint})" if note.hint else "")
    lines = []
    for (severity, kind), texts in list(alike.items())[:_SHOWN_NOTES]:
        many = f"{len(texts)} × " if len(texts) > 1 else ""
        lines.append(f"{severity}: {many}{texts[0]}{hints[severity, kind]}")
    if len(alike) > _SHOWN_NOTES:
        lines.append(f"… and {len(alike) - _SHOWN_NOTES} more notes: eco check --all")
    return lines
