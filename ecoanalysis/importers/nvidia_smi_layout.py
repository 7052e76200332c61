"""How the lines of an nvidia-smi log are built: columns, separator, quotes, form of the times."""

import re
from dataclasses import dataclass

from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Options
from ecoanalysis.importers.head import Head
from ecoanalysis.importers.log_times import TimeForm, time_form

# Their name (without unit) -> (our column, factor to our unit). The newer name of a column comes first.
COLUMNS = {
    "power.draw.instant": ("power_w", 1.0),
    "power.draw.average": ("power_avg_w", 1.0),
    "power.draw": ("power_draw", 1.0),
    "utilization.gpu": ("util_ratio", 0.01),
    "utilization.memory": ("mem_util_ratio", 0.01),
    "memory.used": ("memory_bytes", 2.0**20),
    "temperature.gpu": ("temperature_c", 1.0),
    "temperature.memory": ("mem_temperature_c", 1.0),
    "fan.speed": ("fan_ratio", 0.01),
    "clocks.current.sm": ("clock_hz", 1e6),
    "clocks.sm": ("clock_hz", 1e6),
    "clocks.current.memory": ("mem_clock_hz", 1e6),
    "clocks.mem": ("mem_clock_hz", 1e6),
    "total_energy_consumption": ("energy_j", 1e-3),
    "clocks_event_reasons.active": ("throttle_bits", 1.0),
    "clocks_throttle_reasons.active": ("throttle_bits", 1.0),
}
_NAMES = ("name", "gpu_name")
_IDENTITY = ("index", "uuid", "pci.bus_id", "gpu_uuid", "gpu_bus_id", "gpu", *_NAMES)
_SEPARATORS = (",", ";", "\t")
HEADER_HINT = "for a log without header: --format nvidia_smi --column header='timestamp,index,power.draw [W]'"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of a log are built: columns, separator, quoted cells or not, form of the times, header or none."""

    columns: list[str]
    separator: str
    quoted: bool
    times: TimeForm
    headed: bool

    def has(self, *names: str) -> bool:
        """Say whether one of the columns is there."""
        return any(plain(column) in names for column in self.columns)

    def identity(self) -> dict[str, int]:
        """Return the places of the columns that say which GPU it is; none has a unit, for "gpu [%]" is a load."""
        places = {column.lower(): place for place, column in enumerate(self.columns)}
        return {name: places[name] for name in _IDENTITY if name in places}

    def tells_apart(self) -> bool:
        """Say whether a column tells GPUs apart that are of one name."""
        return any(name not in _NAMES for name in self.identity())


def plain(name: str) -> str:
    """Return a column's name without its unit and quotes, in lower case."""
    return re.sub(r"\s*\[.*\]$", "", name.strip().strip('"')).lower()


def separator(line: str) -> str:
    """Return what parts the cells of a line: a spreadsheet makes semicolons or tabs of commas."""
    return max(_SEPARATORS, key=line.count)


def layout_of(head: Head, options: Options) -> Layout:
    """Return the layout: from --column header=…, the first header line, or what the cells look like."""
    lines = [line for line in head.lines[:200] if line.strip()]
    header = next((line for line in lines if _is_header(line)), None)
    asked = options.columns.get("header")
    data = next((line for line in lines if time_form(_cells(line)) is not None), "")
    times = time_form(_cells(data))
    if times is None and re.search(r"\b\d{1,2}/\d{1,2}/\d{4} ", head.text):
        raise EcoError(
            f"{head.path}: in its dates, day and month cannot be told apart",
            "write them as YYYY-MM-DD HH:MM:SS",
        )
    if times is None:
        raise EcoError(f"{head.path}: no line with a time that can be read", _timeless(lines))
    parts_at = separator(header or data)
    if asked is not None:
        columns = asked.split(",")
    else:
        columns = header.split(parts_at) if header else _guessed(data.split(parts_at))
    columns = [name.strip().strip('"') for name in columns]
    if not any(plain(name) == "timestamp" for name in columns):
        raise EcoError(f"{head.path}: the log has no timestamp column", "record with --query-gpu=timestamp,…")
    return Layout(columns, parts_at, data.lstrip().startswith('"'), times, header is not None)


def _timeless(lines: list[str]) -> str:
    """Return what to do about a log without a time: its columns are named, or its interval is known."""
    named = (name.strip() for name in lines[0].split(separator(lines[0]))) if lines else ()
    power = next((name for name in named if plain(name) in COLUMNS and "power" in name), None)
    if power is None:
        return HEADER_HINT
    stated = f"--format generic --column time==1s --column 'power_w={power}:W'"
    return f"record with --query-gpu=timestamp,…; a log of one GPU at a known interval: {stated}"


def _is_header(line: str) -> bool:
    """Say whether a line names columns of ours."""
    names = {plain(name) for name in line.split(separator(line))}
    return len(names) > 1 and bool(names & set(COLUMNS))


def _cells(line: str) -> list[str]:
    """Return the cells of a line."""
    return [cell.strip().strip('"').strip() for cell in line.split(separator(line))]


def _guessed(cells: list[str]) -> list[str]:
    """Return names for the cells of a headerless line, by their units; what cannot be told is `unknown`."""
    names, percents = [], ["utilization.gpu", "utilization.memory"]
    for place, cell in enumerate(cell.strip() for cell in cells):
        if time_form([cell]) is not None:
            names.append("timestamp")
        elif cell.endswith(" W"):
            names.append("power.draw [W]")
        elif cell.endswith(" MiB"):
            names.append("memory.used [MiB]")
        elif cell.endswith(" %") and percents:
            names.append(percents.pop(0))
        elif place == 0 and cell.isdigit():
            names.append("index")
        else:
            names.append(f"unknown {place}")
    return names
