"""nvidia-smi --query-gpu CSV logs, with and without units, header, index; streamed, so of any size."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from collectors.trace.records import Device, Mark, Recording, Run
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.frames import complete
from ecoanalysis.importers.head import Head, decoded, line_chunks
from ecoanalysis.importers.naming import known_device
from ecoanalysis.importers.recorded import unknown_config
from ecoanalysis.importers.table import number
from ecoanalysis.importers.times import parse_time, zone_of

TITLE = "nvidia-smi --query-gpu=… --format=csv log"
# Their name (without unit) -> (our column, factor to our unit). The newer name of a column comes first.
_COLUMNS = {
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
}
_IDENTITY = ("index", "uuid", "pci.bus_id", "gpu_uuid", "gpu_bus_id", "name", "gpu_name")
_TIME = r"^\d{4}[/-]\d{2}[/-]\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d+)?$"
_LINE = re.compile(r"^[^\n]*\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}[^\n]*(?: W|MiB|%)", re.MULTILINE)
_SLOW_SENSOR = ("Ada", "Hopper", "Blackwell", "Ampere")  # power.draw is a mean over 1 s there, but on GA100
_GA100 = ("A100", "A30", "A800")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the first pass found: devices by key, lines that are no readings, readings."""

    devices: pl.DataFrame
    foreign: int
    rows: int


def sniff(head: Head) -> bool:
    """Say whether the first lines are of nvidia-smi's query output."""
    names = [_plain(name) for line in head.lines[:20] for name in line.split(",")]
    return ("power.draw" in names or "power.draw.instant" in names or "utilization.gpu" in names) or bool(
        _LINE.search(head.text[:4096])
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU. Two passes: the devices first, then the samples in chunks."""
    columns = _header(head, options)
    zone = zone_of(options)
    seen = _survey(head, columns)
    if seen.rows == 0:
        raise EcoError(
            f"{head.path}: no line with a time and a power",
            "for a log without header: --column header='timestamp,power.draw [W]'",
        )
    draft = Draft(head, "nvidia_smi", dataset="nvidia_smi")
    first = str(seen.devices["first"].min())
    started, naive = parse_time(first.replace("/", "-", 2), zone)
    if naive and options.tz is None:
        draft.note(
            "naive_time", "times carry no zone: taken as UTC", "say --tz, for example --tz Europe/Berlin"
        )
    recording = Recording(
        id=draft.id_of("recording"), host="unknown", tool="nvidia-smi", started_utc_ns=started,
        clock_offset_ns=started, source_id=draft.source.id,
    )  # fmt: skip
    draft.recordings.append(recording)
    run_id = draft.id_of("run")
    ids = _devices(draft, recording.id, seen, columns)
    origin = _epoch_us(first)
    end = _epoch_us(str(seen.devices["last"].max())) - origin
    draft.marks.extend([Mark(run_id, 0, "infer"), Mark(run_id, end * 1000, "end")])
    draft.note(
        "no_window", "the log does not say what ran when: it is one phase from the first to the last reading"
    )
    draft.runs.append(
        Run(id=run_id, recording_id=recording.id, config_id=draft.config(unknown_config()), status="ok",
        started_utc_ns=started, start_t_ns=0, end_t_ns=end * 1000),
    )  # fmt: skip
    if seen.foreign:
        draft.note("unreadable_lines", f"{seen.foreign} lines are no readings (headers, messages): left out")
    return draft.finish(seen.rows, _samples(head, columns, ids, run_id, origin))


def _plain(name: str) -> str:
    """Return a column's name without its unit, in lower case."""
    return re.sub(r"\s*\[.*\]$", "", name.strip()).lower()


def _header(head: Head, options: Options) -> list[str]:
    """Return the columns: from --column header=…, the first header line, or what the cells look like."""
    if "header" in options.columns:
        return [name.strip() for name in options.columns["header"].split(",")]
    for line in head.lines[:50]:
        names = [_plain(name) for name in line.split(",")]
        if len(names) > 1 and (set(names) & set(_COLUMNS)):
            return [name.strip() for name in line.split(",")]
    line = next((line for line in head.lines if re.search(r"\d{4}/\d{2}/\d{2}", line)), "")
    return _guessed(line.split(","))


def _guessed(cells: list[str]) -> list[str]:
    """Return names for the cells of a headerless line, by their units; what cannot be told is `unknown`."""
    names, percents = [], ["utilization.gpu", "utilization.memory"]
    for place, cell in enumerate(cell.strip() for cell in cells):
        if re.match(_TIME, cell):
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


def _parsed(chunk: bytes, columns: list[str]) -> pl.DataFrame:
    """Return a chunk as text columns `time`, `key`, and ours, whatever lines are in it."""
    names = [f"{_plain(name)}#{place}" for place, name in enumerate(columns)]
    try:
        frame = pl.read_csv(
            decoded(chunk),
            has_header=False,
            infer_schema=False,
            truncate_ragged_lines=True,
            quote_char=None,
            new_columns=names,
            schema_overrides=dict.fromkeys(names, pl.String),
        )
    except (pl.exceptions.PolarsError, ValueError):
        return pl.DataFrame(schema=dict.fromkeys(("time", "key"), pl.String))
    frame = frame.select(pl.all().str.strip_chars())
    places = {
        _plain(name): f"{_plain(name)}#{place}"
        for place, name in enumerate(columns)
        if f"{_plain(name)}#{place}" in frame.columns
    }
    time = places.get("timestamp")
    keys = [places[name] for name in _IDENTITY if name in places]
    if time is None:
        raise EcoError("the log has no timestamp column", "record with --query-gpu=timestamp,…")
    key = pl.concat_str([pl.col(name).fill_null("") for name in keys], separator="|") if keys else pl.lit("")
    ours = {column: (name, factor) for name, (column, factor) in reversed(_COLUMNS.items()) if name in places}
    return frame.select(
        pl.col(time).alias("time"),
        key.alias("key"),
        *[(number(places[name]) * factor).alias(column) for column, (name, factor) in ours.items()],
    )


def _readings(head: Head, columns: list[str]) -> Iterator[tuple[pl.DataFrame, int]]:
    """Yield the readings of each chunk, and the number of its lines that are none."""
    for chunk in line_chunks(head):
        frame = _parsed(chunk, columns)
        valid = frame.filter(pl.col("time").str.contains(_TIME))
        yield _power(valid), frame.height - valid.height


def _power(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with one power column: instant where it is queried, else power.draw."""
    if "power_draw" not in frame.columns:
        return frame
    if "power_w" in frame.columns:
        return frame.with_columns(pl.coalesce("power_w", "power_draw").alias("power_w")).drop("power_draw")
    return frame.rename({"power_draw": "power_w"})


def _survey(head: Head, columns: list[str]) -> _Seen:
    """Return what is in the log, without keeping its readings."""
    parts, foreign, rows = [], 0, 0
    for frame, lost in _readings(head, columns):
        foreign, rows = foreign + lost, rows + frame.height
        power = pl.col("power_w") if "power_w" in frame.columns else pl.lit(None, pl.Float64)
        parts.append(
            frame.group_by("key", maintain_order=True).agg(
                pl.len().alias("rows"),
                pl.col("time").min().alias("first"),
                pl.col("time").max().alias("last"),
                power.count().alias("powers"),
                power.max().alias("peak_w"),
                (pl.col("time") == pl.col("time").shift(1)).sum().alias("same_time"),
            )
        )
    if not parts:
        return _Seen(pl.DataFrame({"first": [], "last": []}), foreign, 0)
    devices = (
        pl.concat(parts, how="vertical_relaxed")
        .group_by("key", maintain_order=True)
        .agg(
            pl.col("rows", "powers", "same_time").sum(), pl.col("first").min(), pl.col("last", "peak_w").max()
        )
        .sort("key")
    )
    return _Seen(devices, foreign, rows)


def _devices(draft: Draft, recording_id: int, seen: _Seen, columns: list[str]) -> dict[str, int]:
    """Keep the GPUs; return their ids by key."""
    have = [name for name in _IDENTITY if name in [_plain(column) for column in columns]]
    counter = "total_energy_consumption" in [_plain(column) for column in columns]
    ids: dict[str, int] = {}
    for place, row in enumerate(seen.devices.iter_rows(named=True)):
        said = dict(zip(have, str(row["key"]).split("|"), strict=False))
        name = said.get("name") or said.get("gpu_name") or "NVIDIA GPU"
        index = int(said["index"]) if said.get("index", "").isdigit() else place
        device = Device(
            id=0,
            recording_id=recording_id,
            kind="gpu",
            name=name,
            boundary="board",
            sensor="nvidia-smi",
            index=min(index, 2**31 - 1),
            vendor_uid=said.get("uuid") or said.get("gpu_uuid"),
            energy_source="counter" if counter else "power" if row["powers"] else "none",
        )
        ids[str(row["key"])] = draft.recorded_device(_with_window(draft, device, columns))
        if not row["powers"]:
            draft.note(
                "no_power",
                f"{name} {index}: the log has no power reading of it",
                "some boards do not support power.draw",
                "warning",
            )
        if not have and row["same_time"] > row["rows"] / 4:
            draft.note(
                "devices_not_told_apart",
                "several rows share each time and no column tells the GPUs apart: they are read as one",
                "record with --query-gpu=timestamp,index,…",
                "error",
            )
    return ids


def _with_window(draft: Draft, device: Device, columns: list[str]) -> Device:
    """Return the device with its averaging window, where the column's meaning is known of its architecture."""
    architecture = known_device(device).architecture or ""
    names = [_plain(column) for column in columns]
    slow = architecture.startswith(_SLOW_SENSOR) and not any(name in device.name for name in _GA100)
    if slow and "power.draw.instant" not in names:
        draft.note(
            "averaged_power",
            f"{device.name}: power.draw is a mean over the last second on this architecture",
            "query power.draw.instant for the shape; energy over tens of seconds is unaffected",
        )
        return replace(device, averaging_window_s=1.0, update_period_s=0.1)
    return device


def _epoch_us(text: str) -> int:
    """Return a log's time as µs since the epoch, zone left aside."""
    return (parse_time(text.replace("/", "-", 2), zone_of(Options()))[0] or 0) // 1000


def _samples(
    head: Head, columns: list[str], ids: dict[str, int], run_id: int, origin_us: int
) -> Iterator[pl.DataFrame]:
    """Yield the samples of each chunk."""
    keys = pl.DataFrame(
        {"key": list(ids), "device_id": list(ids.values())}, schema={"key": pl.String, "device_id": pl.Int64}
    )
    for frame, _ in _readings(head, columns):
        text = pl.col("time").str.replace_all("/", "-").str.replace("T", " ")
        padded = pl.when(text.str.contains(".", literal=True)).then(text).otherwise(text + ".0")
        stamp = padded.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us").dt.epoch("us")
        chunk = frame.join(keys, on="key", how="inner").with_columns(
            ((stamp - origin_us) * 1000).alias("t_ns"), pl.lit(run_id, pl.Int64).alias("run_id")
        )
        yield complete(chunk.filter(pl.col("t_ns").is_not_null()))
