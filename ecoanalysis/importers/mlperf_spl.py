"""SPEC PTDaemon power logs with the LoadGen log that says when the measured window was."""

import json
import math
import re
from pathlib import Path

import polars as pl

from collectors.trace.records import Config, Recording, Run
from ecoanalysis.errors import EcoError
from ecoanalysis.importers.contract import Imported, Options
from ecoanalysis.importers.draft import Draft
from ecoanalysis.importers.frames import samples_frame
from ecoanalysis.importers.head import Head, line_chunks, open_head, read_text
from ecoanalysis.importers.mlperf_naming import modality_of, scenario_of
from ecoanalysis.importers.mlperf_traces import wall_meter
from ecoanalysis.importers.steps import missing
from ecoanalysis.importers.table import as_float, product
from ecoanalysis.importers.times import NS, parse_time, zone_of
from ecoanalysis.importers.windows import LEAD_NS, window_marks

TITLE = "SPEC PTDaemon power log (with its LoadGen log)"
LAYOUT = "log"
_LINE = re.compile(r"^Time,\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2}(?:\.\d+)?,Watts,", re.MULTILINE)
_MISMATCH, _FEW = (
    0.02,
    0.1,
)  # the readings here agree to 0.2 %; a meter of another kind denies itself in most lines
_QUARTER_S = 900  # time zones differ by whole quarters of an hour
# What LoadGen calls its rate, by scenario; a MultiStream query has 8 samples.
_RATES = (
    "result_samples_per_second",
    "result_completed_samples_per_sec",
    "result_scheduled_samples_per_sec",
    "result_qps_with_loadgen_overhead",
)


def sniff(head: Head) -> bool:
    """Say whether there are PTDaemon lines at the beginning."""
    return bool(_LINE.search(head.text[:4096]))


def read(head: Head, options: Options) -> Imported:
    """Return one recording with one run; without a LoadGen log the run is the whole log."""
    frame, errors, unreadable, denied = _readings(head)
    log = _loadgen_path(head.path)
    facts = _loadgen(log) if log else {}
    draft = Draft(
        head, "mlperf_spl", dataset="mlperf_logs", name=head.path.name, companions=[log] if log else []
    )
    window = _window(draft, frame, facts)
    label = re.sub(
        r"\.(xz|gz|bz2)$|\.txt$|\.spl(\.txt)?$", "", re.sub(r"(\.txt)?\.(xz|gz|bz2)$", "", head.path.name)
    )
    recording = Recording(
        id=draft.id_of("recording"),
        host=_platform(head.path, label),
        tool="SPEC PTDaemon",
        started_utc_ns=_utc(draft, frame["t"][0], options),
        source_id=draft.source.id,
    )
    draft.recordings.append(recording)
    device = draft.recorded_device(wall_meter(recording.id, recording.host))
    run_id = draft.id_of("run")
    _run(draft, head, label, recording, facts, window, (float(frame["t"][0]), float(frame["t"][-1])))
    draft.leave_out("reading of 0 W or less, the analyser's error", errors)
    draft.leave_out("no reading", unreadable)
    if errors:
        draft.note("analyser_error", f"{errors} readings of 0 W or less dropped", run_id=run_id)
    if unreadable:
        draft.note(
            "unreadable_lines", f"{unreadable} lines are no readings", severity="warning", run_id=run_id
        )
    if denied:
        text = f"in {denied} lines the watts are not volts · amperes · power factor, in all others they are"
        draft.note("contradicting_numbers", text, "look at these lines of the file", "warning", run_id=run_id)
    gaps = missing(frame["t"])
    told = errors > 0  # an error reading that was dropped leaves a gap
    for code, text, hint in gaps.doubts() if gaps and not told else ():
        draft.note(code, text, hint, "warning", run_id=run_id)
    t_ns = ((frame["t"] - window[0]) * 1000).round().cast(pl.Int64) * 1_000_000 + LEAD_NS
    return draft.finish(frame.height, [samples_frame(run_id, device, t_ns, power_w=frame["watts"])])


def _readings(head: Head) -> tuple[pl.DataFrame, int, int, int]:
    """Return (naive epoch seconds `t` and total `watts`, sorted; count of error readings; of foreign lines; of denied).

    A line of a multi-channel analyser starts with the total; its channels follow and are parts of it.
    """
    parts, foreign, denied, alike = [], 0, 0, 0
    pattern = r"^Time,(\d{2}-\d{2}-\d{4} \d{2}:\d{2}:\d{2}(?:\.\d+)?),Watts,([^,]*)"
    for chunk in line_chunks(head):
        lines = pl.Series("line", chunk.decode("utf-8", errors="replace").splitlines())
        found = lines.str.extract_groups(pattern).struct.unnest().rename({"1": "time", "2": "watts"})
        found = found.with_columns(_epoch("time"), pl.col("watts").cast(pl.Float64, strict=False))
        glued = lines.str.count_matches("Time,", literal=True) > 1
        bad = (
            glued
            | found["t"].is_null()
            | found["watts"].is_null()
            | ~found["watts"].is_finite().fill_null(False)
        )
        foreign += int((bad & (lines.str.strip_chars() != "")).sum())
        parts.append(found.filter(~bad).select("t", "watts"))
        off = _ratios(lines.filter(~bad))
        denied, alike = denied + int((off > _MISMATCH).sum()), alike + int((off <= _MISMATCH).sum())
    frame = pl.concat(parts).sort("t", maintain_order=True) if parts else pl.DataFrame()
    good = frame.filter(pl.col("watts") > 0) if frame.height else frame
    if good.height < 2:
        raise EcoError(
            f"{head.path}: fewer than two power readings above 0 W", "is this a PTDaemon log of a whole run?"
        )
    return good, frame.height - good.height, foreign, denied if denied < _FEW * alike else 0


def _ratios(lines: pl.Series) -> pl.Series:
    """Return by how much volts · amperes · power factor differ from the watts of lines with volts, as a share.

    Infinite where one is no number. A line of several channels states their total and no factor above 0 of its own.
    """
    pattern = r"^Time,[^,]*,Watts,([^,]*),Volts,([^,]*),Amps,([^,]*),PF,(.*?)(?:,Mark|,Ch|$)"
    lines = lines.filter(lines.str.contains("Volts,", literal=True))
    found = lines.str.extract_groups(pattern).struct.unnest().cast(pl.Float64, strict=False)
    watts, volts, amperes, factor = (found[name] for name in found.columns)
    off = (volts * amperes * factor / watts - 1).abs()
    return off.fill_null(math.inf).filter((watts > 0).fill_null(True) & (factor > 0).fill_null(True))


def _epoch(name: str) -> pl.Expr:
    """Return MM-DD-YYYY HH:MM:SS.mmm as seconds since the epoch, the zone left aside."""
    form = (
        pl.when(pl.col(name).str.contains(".", literal=True))
        .then(pl.col(name))
        .otherwise(pl.col(name) + ".000")
    )
    return (
        form.str.to_datetime("%m-%d-%Y %H:%M:%S%.f", strict=False, time_unit="us").dt.epoch("us") / 1e6
    ).alias("t")


def _loadgen_path(path: Path) -> Path | None:
    """Return the LoadGen log that belongs to a power log, by the names that submissions use."""
    stem = path.name.split(".spl")[0]
    names = [
        f"{stem}.mlperf_log_detail_excerpt.txt",
        f"{stem}.mlperf_log_detail.txt",
        "mlperf_log_detail.txt",
    ]
    return next((path.parent / name for name in names if (path.parent / name).is_file()), None)


def _loadgen(path: Path) -> dict[str, object]:
    """Return the last value of each key of a LoadGen log."""
    facts: dict[str, object] = {}
    for line in read_text(open_head(path)).splitlines():
        if not line.startswith(":::MLLOG "):
            continue
        try:
            entry = json.loads(line.removeprefix(":::MLLOG "))
        except json.JSONDecodeError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("key"), str):
            facts[entry["key"]] = entry.get("value")
    return facts


def _window(draft: Draft, frame: pl.DataFrame, facts: dict[str, object]) -> tuple[float, float]:
    """Return the window in the power log's own clock [epoch s]; it moves by whole quarters of an hour if needed."""
    first, last = float(frame["t"][0]), float(frame["t"][-1])
    begin, end = (parse_time(facts.get(key), zone_of(Options()))[0] for key in ("power_begin", "power_end"))
    if begin is None or end is None or end <= begin:
        draft.note(
            "no_window",
            "no LoadGen log with power_begin and power_end: the whole log is one window",
            "put mlperf_log_detail.txt beside the power log",
            "warning",
        )
        return first, last
    start, stop = begin / NS, end / NS
    if first - 2 <= start and stop <= last + 2:
        return start, stop
    shift = round(((first + last) - (start + stop)) / 2 / _QUARTER_S) * _QUARTER_S
    moved = (start + shift, stop + shift)
    if first - 2 <= moved[0] and moved[1] <= last + 2:
        draft.note(
            "time_zone_offset",
            f"LoadGen's clock is {-shift / 3600:+.2f} h from the analyser's: window moved",
            "the two machines ran in different time zones",
            "warning",
        )
        return moved
    raise EcoError(
        f"{draft.source.path}: the measured window does not lie in the power log",
        "check that both logs are of one run",
    )


def _utc(draft: Draft, naive_s: float, options: Options) -> int:
    """Return the UTC start of a log of naive local times."""
    text = str(pl.Series([round(naive_s * 1e6)]).cast(pl.Datetime("us"))[0])
    if options.tz is None:
        draft.note(
            "naive_time",
            "times carry no zone: taken as UTC",
            "say --tz, for example --tz America/Los_Angeles",
        )
    return parse_time(text, zone_of(options))[0] or 0


def _platform(path: Path, label: str) -> str:
    """Return the system's name: the folder under results/ of a submission, else from the file's name."""
    parts = path.resolve().parts
    if "results" in parts and parts.index("results") + 1 < len(parts) - 1:
        return parts[parts.index("results") + 1]
    found = re.match(r"^v\d[\d.]*_(.+)_[^_]+_[a-z]+$", label)
    return found.group(1) if found else label


def _model(path: Path, label: str) -> str:
    """Return the model: the folder above the scenario in a submission, else from the file's name."""
    parts = path.resolve().parts
    if "results" in parts and parts.index("results") + 2 < len(parts) - 1:
        return parts[parts.index("results") + 2]
    found = re.match(r"^.*_([^_]+)_(offline|server|singlestream|multistream)$", label)
    return found.group(1) if found else label


def _run(
    draft: Draft,
    head: Head,
    label: str,
    recording: Recording,
    facts: dict[str, object],
    window: tuple[float, float],
    span: tuple[float, float],
) -> None:
    """Keep the configuration, the run and its marks."""
    model = _model(head.path, label)
    scenario = scenario_of(facts.get("effective_scenario"))
    rate = next((as_float(facts[key]) for key in _RATES if as_float(facts.get(key)) is not None), None)
    items = product(rate, window[1] - window[0])
    config = draft.config(
        Config(
            task=model,
            model=model,
            framework="unknown",
            precision="unknown",
            modality=modality_of(model),
            item_unit="sample",
            batch_size=1.0 if scenario == "single_stream" else None,
            scenario=scenario,
        )
    )
    count = None if items is None else round(items)
    marks = window_marks(
        draft.id_of("run"), span[0] - window[0], span[1] - window[0], window[1] - window[0], count
    )
    draft.marks.extend(marks)
    draft.runs.append(
        Run(id=draft.id_of("run"), recording_id=recording.id, config_id=config, start_t_ns=marks[0].t_ns,
        end_t_ns=marks[-1].t_ns, started_utc_ns=recording.started_utc_ns,
        status="ok" if facts.get("result_validity", "VALID") == "VALID" else "failed", exit_code=0,
        items_count=count, extra=json.dumps({"label": label, "throughput_samples_per_s": rate})),
    )  # fmt: skip
