"""What an importer is: a module that recognises a format and reads it, and what the user says about a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from ecoanalysis.store.imported import RESULT_SCHEMA, SAMPLE_SCHEMA, Entry, Imported, Result, Rows, Source

if TYPE_CHECKING:
    from ecoanalysis.importers.head import Head

__all__ = [
    "RESULT_SCHEMA",
    "SAMPLE_SCHEMA",
    "Entry",
    "Imported",
    "Importer",
    "Options",
    "Result",
    "Rows",
    "Source",
    "sibling",
]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says about a file that the file does not say itself.

    tz: IANA name of the time zone of naive local times. columns: our column -> "their column[:unit]", for
    the generic formats. format: name of the importer, instead of sniffing. said: name -> value of what the file
    leaves open: `items` and the fields of a configuration, see `importers.said`.
    """

    format: str | None = None
    tz: str | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    said: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Importer(Protocol):
    """What a module of a format offers. `TITLE` names the format to people.

    A module may say a `LAYOUT` other than "table": "log" (lines, of which it counts the foreign ones itself) or "own";
    tables of one header are looked through for signs of damage, logs for an unfinished end.
    """

    TITLE: str

    def sniff(self, head: "Head") -> bool:
        """Say whether the content is of this format."""
        ...

    def read(self, head: "Head", options: Options) -> Imported:
        """Return what the file says; raises `EcoError` when it cannot be read."""
        ...


def sibling(path: Path, *names: str) -> Path | None:
    """Return the first of the files `names` that lies beside `path`, or None."""
    return next((path.parent / name for name in names if (path.parent / name).is_file()), None)
