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
from ecoanalysis.importers.nvidia_smi_layout import COLUMNS, HEADER_HINT, Layout, layout_of, plain, separator
from ecoanalysis.importers.recorded import unknown_config
from ecoanalysis.importers.steps import Gaps, missing, pause_hint, paused_text
from ecoanalysis.importers.table import number
from ecoanalysis.importers.times import zone_of
from ecoanalysis.importers.turns import doubt_turns, out_of_turn

TITLE = "nvidia-smi --query-gpu=… --format=csv log"
LAYOUT = "log"
_LINE = re.compile(r"^[^\n]*\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}[^\n]*(?: W|MiB|%)", re.MULTILINE)
_SLOW_SENSOR = ("Ada", "Hopper", "Blackwell", "Ampere")  # power.draw is a mean over 1 s there, but on GA100
_GA100 = ("A100", "A30", "A800")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the first pass found: devices by key, lines that are no readings, readings, gaps of each chunk, turns."""

    devices: pl.DataFrame
    foreign: int
    rows: int
    ragged: bool
    gaps: tuple[Gaps, ...] = ()
    breaks: int = 0  # lines out of turn


def sniff(head: Head) -> bool:
    """Say whether the first lines are of nvidia-smi's query output."""
    names = [plain(name) for line in head.lines[:20] for name in line.split(separator(line))]
    return ("power.draw" in names or "power.draw.instant" in names or "utilization.gpu" in names) or bool(
        _LINE.search(head.text[:4096])
    )


def read(head: Head, options: Options) -> Imported:
    """Return one recording with a device per GPU. Two passes: the devices first, then the samples in chunks."""
    layout = layout_of(head, options)
    zone = zone_of(options)
    seen = _survey(head, layout)
    if seen.rows == 0:
        raise EcoError(f"{head.path}: no line with a time and a power", HEADER_HINT)
    draft = Draft(head, "nvidia_smi", dataset="nvidia_smi")
    first, last = int(seen.devices["first"].min()), int(seen.devices["last"].max())  # type: ignore[arg-type]
    started = layout.times.utc_ns(first, zone)
    if not layout.times.aware and options.tz is None:
        draft.naive_times()
    recording = Recording(
        id=draft.id_of("recording"), host="unknown", tool="nvidia-smi", started_utc_ns=started,
        clock_offset_ns=started, source_id=draft.source.id,
    )  # fmt: skip
    draft.recordings.append(recording)
    run_id = draft.id_of("run")
    ids = _devices(draft, recording.id, seen, layout)
    end_ns = (last - first) * 1000
    draft.marks.extend([Mark(run_id, 0, "infer"), Mark(run_id, end_ns, "end")])
    draft.note(
        "no_window", "the log does not say what ran when: it is one phase from the first to the last reading"
    )
    draft.runs.append(
        Run(id=run_id, recording_id=recording.id, config_id=draft.config(unknown_config()), status="ok",
        started_utc_ns=started, start_t_ns=0, end_t_ns=end_ns),
    )  # fmt: skip
    _doubt_lines(draft, seen, layout)
    return draft.finish(seen.rows, _samples(head, layout, ids, run_id, first))


def _doubt_lines(draft: Draft, seen: _Seen, layout: Layout) -> None:
    """Note lines that are damaged, out of order, no readings, or missing."""
    if seen.ragged:
        draft.note("ragged_rows", "some lines have more or fewer cells than the header", None, "warning")
    back = int(seen.devices["back"].sum())
    if back:
        draft.note(
            "times_backwards", f"the time goes back {back} times: readings are put in order", None, "warning"
        )
    draft.leave_out("no reading", seen.foreign - layout.headed)
    if seen.foreign > layout.headed:
        text = f"{seen.foreign - layout.headed} lines are no readings (messages, repeated headers): left out"
        draft.note("unreadable_lines", text)
    doubt_turns(draft, seen.breaks)
    if lost := sum(gaps.lost_count for gaps in seen.gaps):
        text = f"{lost} readings are missing from series that keep an interval"
        draft.note("missing_readings", text, "the log lost lines, or nvidia-smi stalled", "warning")
    if paused_s := tuple(pause for gaps in seen.gaps for pause in gaps.paused_s):
        hint = pause_hint(paused_s, seen.gaps[0].interval_s)
        draft.note("paused", paused_text(paused_s), hint, "warning")


def _parsed(chunk: bytes, layout: Layout) -> pl.DataFrame:
    """Return a chunk as `time_us`, `key`, and our columns, whatever lines are in it.

    A header of our own goes before each chunk: a message as its first line must not decide how many columns it has.
    """
    names = [f"{plain(name)}#{place}" for place, name in enumerate(layout.columns)]
    header = layout.separator.join(f"c{place}" for place in range(len(names))).encode() + b"\n"
    try:
        frame = pl.read_csv(
            decoded(header + chunk),
            separator=layout.separator,
            infer_schema=False,
            truncate_ragged_lines=True,
            quote_char='"' if layout.quoted else None,
        )
    except (pl.exceptions.PolarsError, ValueError):
        return pl.DataFrame(schema={"time_us": pl.Int64, "key": pl.String})
    frame.columns = names
    frame = frame.select(pl.all().str.strip_chars())
    if layout.separator != ",":
        frame = frame.select(pl.all().str.replace(r"^(-?\d+),(\d+)", "${1}.${2}"))
    places = {plain(name): name_here for name, name_here in zip(layout.columns, names, strict=True)}
    keys = [names[place] for place in layout.identity().values()]
    key = pl.concat_str([pl.col(name).fill_null("") for name in keys], separator="|") if keys else pl.lit("")
    ours = {column: (name, factor) for name, (column, factor) in reversed(COLUMNS.items()) if name in places}
    return frame.select(
        layout.times.microseconds(pl.col(places["timestamp"])).alias("time_us"),
        key.alias("key"),
        *[
            (_bits(places[name]) if column == "throttle_bits" else number(places[name]) * factor).alias(
                column
            )
            for column, (name, factor) in ours.items()
        ],
    )


def _bits(name: str) -> pl.Expr:
    """Return a column of bit masks, which nvidia-smi writes in hexadecimal."""
    text = pl.col(name).str.extract(r"^0x0*([0-9a-fA-F]{1,15})$", 1)
    return text.str.to_integer(base=16, strict=False)


def _read_chunk(chunk: bytes, layout: Layout) -> tuple[pl.DataFrame, int, bool]:
    """Return the readings of a chunk, the number of its lines that are none, whether cells are too many or few."""
    frame = _parsed(chunk, layout)
    valid = frame.filter(pl.col("time_us").is_not_null())
    foreign = frame.height - valid.height
    return _power(valid), foreign, _ragged(chunk, layout)


def _ragged(chunk: bytes, layout: Layout) -> bool:
    """Say whether a line has cells, and another number of them than the header; quoted cells are not looked into."""
    wanted, mark = len(layout.columns) - 1, layout.separator.encode()
    if layout.quoted or chunk.count(mark) == wanted * chunk.count(b"\n"):
        return False
    return any(line.count(mark) not in (0, wanted) for line in chunk.splitlines())


def _power(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with one power column: instant where it is queried, else power.draw."""
    if "power_draw" not in frame.columns:
        return frame
    if "power_w" in frame.columns:
        return frame.with_columns(pl.coalesce("power_w", "power_draw").alias("power_w")).drop("power_draw")
    return frame.rename({"power_draw": "power_w"})


def _survey(head: Head, layout: Layout) -> _Seen:
    """Return what is in the log, without keeping its readings."""
    gaps: list[Gaps] = []
    parts, foreign, rows, breaks, ragged = [], 0, 0, 0, False
    for chunk in line_chunks(head):
        frame, lost, odd = _read_chunk(chunk, layout)
        ragged |= odd
        foreign, rows = foreign + lost, rows + frame.height
        gaps.extend(_gaps(frame))
        breaks += out_of_turn(frame["key"])
        power = pl.col("power_w") if "power_w" in frame.columns else pl.lit(None, pl.Float64)
        parts.append(
            frame.group_by("key", maintain_order=True).agg(
                pl.len().alias("rows"),
                pl.col("time_us").min().alias("first"),
                pl.col("time_us").max().alias("last"),
                power.count().alias("powers"),
                power.max().alias("peak_w"),
                (pl.col("time_us") == pl.col("time_us").shift(1)).sum().alias("same_time"),
                (pl.col("time_us") < pl.col("time_us").shift(1)).sum().alias("back"),
            )
        )
    if not parts:
        return _Seen(pl.DataFrame({"first": [], "last": [], "back": []}), foreign, 0, ragged)
    devices = (
        pl.concat(parts, how="vertical_relaxed")
        .group_by("key", maintain_order=True)
        .agg(
            pl.col("rows", "powers", "same_time", "back").sum(),
            pl.col("first").min(),
            pl.col("last", "peak_w").max(),
        )
        .sort("key")
    )
    return _Seen(devices, foreign, rows, ragged, tuple(gaps), breaks)


def _gaps(frame: pl.DataFrame) -> list[Gaps]:
    """Return what is missing from a chunk, if anything: readings of all devices together, pauses of one."""
    groups = frame.select("key", "time_us").group_by("key", maintain_order=True)
    found = [gaps for _, rows in groups if (gaps := missing(rows["time_us"] / 1e6))]
    lost = sum(gaps.lost_count for gaps in found)
    paused_s = max((gaps.paused_s for gaps in found), key=sum, default=())
    return [Gaps(lost, found[0].interval_s, paused_s)] if found else []


def _devices(draft: Draft, recording_id: int, seen: _Seen, layout: Layout) -> dict[str, int]:
    """Keep the GPUs; return their ids by key."""
    have = list(layout.identity())
    counter = layout.has("total_energy_consumption")
    ids: dict[str, int] = {}
    rows = list(seen.devices.iter_rows(named=True))
    identities = [dict(zip(have, str(row["key"]).split("|"), strict=False)) for row in rows]
    indexes = _indexes(identities)
    for row, said, index in zip(rows, identities, indexes, strict=True):
        name = said.get("name") or said.get("gpu_name") or "NVIDIA GPU"
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
        ids[str(row["key"])] = draft.recorded_device(_with_window(draft, device, layout))
        _doubt(draft, f"{name} {index}", row, layout)
    return ids


def _doubt(draft: Draft, name: str, row: dict[str, int], layout: Layout) -> None:
    """Note powers that are missing, and rows that are of several devices."""
    if not row["powers"]:
        text, hint = f"{name}: the log has no power reading of it", "some boards do not support power.draw"
        draft.note("no_power", text, hint, "warning")
    elif row["powers"] < row["rows"]:
        text = f"{name}: {row['rows'] - row['powers']} of {row['rows']} lines have no power"
        draft.note("lost_readings", text)
    if row["same_time"] > row["rows"] / 4 and not layout.tells_apart():
        draft.note(
            "devices_not_told_apart",
            "several rows share each time and no column tells the GPUs apart: they are read as one",
            "record with --query-gpu=timestamp,index,…", "error",
        )  # fmt: skip


def _indexes(identities: list[dict[str, str]]) -> list[int]:
    """Return the number of each device: as a column says it that tells all apart, else its place."""
    for name in ("index", "gpu"):
        said = [one.get(name, "") for one in identities]
        if all(number.isdigit() for number in said) and len(set(said)) == len(said):
            return [int(number) for number in said]
    return list(range(len(identities)))


def _with_window(draft: Draft, device: Device, layout: Layout) -> Device:
    """Return the device with its averaging window, where the column's meaning is known of its architecture."""
    architecture = known_device(device).architecture or ""
    slow = architecture.startswith(_SLOW_SENSOR) and not any(name in device.name for name in _GA100)
    if slow and not layout.has("power.draw.instant"):
        draft.note(
            "averaged_power",
            f"{device.name}: power.draw is a mean over the last second on this architecture",
            "query power.draw.instant for the shape; energy over tens of seconds is unaffected",
        )
        return replace(device, averaging_window_s=1.0, update_period_s=0.1)
    return device


def _samples(
    head: Head, layout: Layout, ids: dict[str, int], run_id: int, origin_us: int
) -> Iterator[pl.DataFrame]:
    """Yield the samples of each chunk."""
    keys = pl.DataFrame(
        {"key": list(ids), "device_id": list(ids.values())}, schema={"key": pl.String, "device_id": pl.Int64}
    )
    for chunk in line_chunks(head):
        frame, _, _ = _read_chunk(chunk, layout)
        yield complete(
            frame.join(keys, on="key", how="inner").with_columns(
                ((pl.col("time_us") - origin_us) * 1000).alias("t_ns"),
                pl.lit(run_id, pl.Int64).alias("run_id"),
            )
        )
