"""The id that a tool gave a run, which every file that it writes of the run bears."""

import json
import re
from pathlib import Path

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CARBONTRACKER = re.compile(r"(?:^|\D)(\d+(?:\.\d+)?_\d{4}-\d\d-\d\dT\d{6}Z)_carbontracker(?:_output)?\.log$")
_PERUN = re.compile(r"_(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+)\.csv$")


def uuid_of(text: str | None) -> str | None:
    """Return an id that no two runs share, None for any other: people number their runs from 0."""
    return text.lower() if text and _UUID.fullmatch(text) else None


def carbontracker_run(path: Path) -> str | None:
    """Return the process and the time of start that carbontracker names both logs of a run after."""
    found = _CARBONTRACKER.search(path.name)
    return f"carbontracker {found[1]}" if found else None


def perun_start(path: Path) -> str | None:
    """Return the start, to the microsecond, that perun names the export of a run after; its HDF5 has it inside."""
    found = _PERUN.search(path.name)
    return found[1] if found else None


def perun_run(start: str | None, round_: str, host: str) -> str | None:
    """Return the id of a round of perun on a host."""
    return f"perun {start}, round {round_} on {host}" if start else None


def run_extra(tool_run: str | None) -> str | None:
    """Return the `extra` of a run that a tool gave an id."""
    return json.dumps({"tool_run": tool_run}) if tool_run else None
